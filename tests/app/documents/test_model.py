"""How a model is told of documents."""

from app.documents.model import PREFACE, Document, with_documents

ONE, OTHER = Document("a.txt", "first text\n", 11), Document('b "2".txt', "second text", 11)


def test_the_documents_stand_whole_after_the_system_prompt():
    told = with_documents("Be brief.\n", [ONE, OTHER])
    assert told == (
        f"Be brief.\n\n{PREFACE}\n\n"
        '<document name="a.txt">\nfirst text\n</document>\n\n'
        "<document name=\"b '2'.txt\">\nsecond text\n</document>"
    )


def test_another_document_begins_where_the_first_ends():
    """Else what was read of the first would have to be read again."""
    assert with_documents("", [ONE, OTHER]).startswith(with_documents("", [ONE]))


def test_without_documents_the_prompt_stays_what_it_is():
    assert with_documents(" as it is\n", []) == " as it is\n"
