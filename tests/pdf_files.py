"""Small PDF files, written by hand."""


def pdf(*pages, trailer="", extra=()):
    """One with these texts on its pages; what a page shows may also be given as bytes."""
    num_pages = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(num_pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {num_pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, page in enumerate(pages):
        content = page if isinstance(page, bytes) else shown(page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] "
            b"/Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * number)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file([*objects, *extra], trailer)


def shown(text):
    lines = "".join(f"({line}) Tj 0 -20 Td " for line in text.split("\n"))
    return f"BT /F1 12 Tf 50 700 Td {lines}ET".encode("latin-1") if text else b""


def locked_pdf():
    """One that nobody has the password of."""
    secret = "<" + "ab" * 32 + ">"
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O {secret} /U {secret} /P -4 >>"
    return pdf("secret", trailer=f"{encrypt} /ID [<00> <00>]")


def _file(objects, trailer):
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    size = len(objects) + 1
    return content + (
        f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
