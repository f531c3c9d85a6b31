"""The models on this machine: which there are, which one answers, and adding others."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.errors import AppError
from app.models.local import ModelFile, installed_models, model_at
from app.paths import DataPaths
from ui.sentences import translated
from ui.sizes import size_text

_MODEL_ROLE = Qt.ItemDataRole.UserRole


class ModelsPage(QWidget):
    """Signals:
    chosen: what the setting `model` has to be
    paths_changed: the files and folders that were added, as a tuple of texts
    """

    chosen = Signal(str)
    paths_changed = Signal(object)

    def __init__(self, paths: DataPaths) -> None:
        super().__init__()
        self._paths = paths
        self._added: tuple[str, ...] = ()
        self._in_use = ""
        self._new: Path | None = None  # added, and not yet used: the next click may want it
        self.models = QListWidget()
        self.models.setObjectName("modelList")
        self.models.setAccessibleName(self.tr("Models on this machine"))
        self.use = self._button(self.tr("Use this model"), self._choose)
        self.use.setProperty("kind", "primary")
        self.add_file = self._button(self.tr("Add a file…"), self._ask_for_file)
        self.add_folder = self._button(self.tr("Add a folder…"), self._ask_for_folder)
        self.remove = self._button(self.tr("Take off the list"), self._remove)
        self.state = QLabel()
        self.state.setObjectName("fieldHint")
        self.state.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Loading the model"))
        self.progress.hide()
        self._lay_out()
        self.models.currentItemChanged.connect(lambda *_: self._update_buttons())
        self.models.itemActivated.connect(lambda _: self._choose())

    def show_models(self, added: tuple[str, ...], in_use: str) -> None:
        """in_use: the name of the model that answers, "" for none."""
        self._added, self._in_use = added, in_use
        self.models.clear()
        for model in installed_models(self._paths, added):
            name = _name(model)
            shown = f"{name} · {size_text(model.size_bytes)}"
            if in_use in (model.id, name):
                shown = self.tr("{model} · in use").format(model=shown)
            elif model.embedded:
                shown = self.tr("{model} · comes with Eremo").format(model=shown)
            item = QListWidgetItem(shown)
            item.setToolTip(str(model.path))
            item.setData(_MODEL_ROLE, model)
            self.models.addItem(item)
            is_first_choice = model.path == self._new
            if is_first_choice or (in_use in (model.id, name) and not self.models.currentItem()):
                self.models.setCurrentItem(item)
        self._update_buttons()

    def add(self, path: Path) -> None:
        """The file stays where it is."""
        try:
            model = model_at(path)
        except AppError as error:
            self.state.setText(translated(str(error)))
            return
        self.state.setText(self.tr("{name} was added.").format(name=path.name))
        self._new = model.path
        if str(model.path) not in self._added:
            self.paths_changed.emit((*self._added, str(model.path)))

    @Slot("qint64", "qint64")
    def show_loading(self, done: int, total: int) -> None:
        self.progress.setVisible(True)
        self.progress.setRange(0, 1000 if total else 0)
        self.progress.setValue(1000 * done // total if total else 0)
        percent = 100 * done // total if total else 0
        self.state.setText(self.tr("Loading … {percent} %").format(percent=percent))

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        self.progress.hide()
        self.state.setText(translated(sentence))

    @Slot()
    def show_loaded(self) -> None:
        self.progress.hide()
        self.state.setText(self.tr("The model is ready."))

    def _chosen_model(self) -> ModelFile | None:
        item = self.models.currentItem()
        return None if item is None else item.data(_MODEL_ROLE)

    def _choose(self) -> None:
        if model := self._chosen_model():
            self._new = None
            self.state.setText(self.tr("The model that was in use is being closed."))
            self.chosen.emit(model.id)

    def _remove(self) -> None:
        if model := self._chosen_model():
            self.paths_changed.emit(tuple(p for p in self._added if p != model.id))

    def _ask_for_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("Add a model"), "", self.tr("Models (*.gguf)")
        )
        if path:
            self.add(Path(path))

    def _ask_for_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, self.tr("Add a model's folder")):
            self.add(Path(path))

    def _update_buttons(self) -> None:
        model = self._chosen_model()
        is_in_use = model is not None and self._in_use in (model.id, _name(model))
        self.use.setEnabled(model is not None and not is_in_use)
        self.remove.setEnabled(model is not None and model.id in self._added)

    def _button(self, words: str, act: object) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        folder = QLabel(
            self.tr("GGUF files in {folder} are found by themselves.").format(
                folder=self._paths.models_dir
            )
        )
        folder.setObjectName("fieldHint")
        folder.setWordWrap(True)
        rows = QVBoxLayout()
        rows.setSpacing(8)
        for buttons in ((self.use, self.remove), (self.add_file, self.add_folder)):
            row = QHBoxLayout()
            row.setSpacing(8)
            for button in buttons:
                row.addWidget(button)
            row.addStretch()
            rows.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.models)
        layout.addLayout(rows)
        layout.addWidget(self.progress)
        layout.addWidget(self.state)
        layout.addWidget(folder)


def _name(model: ModelFile) -> str:
    return model.path.stem if model.id == str(model.path) else model.id
