"""Read the pitch sheets that outlets send (XLSX or CSV) into raw pitches, and say of each bad row how to mend it."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rongmei.errors import BadInput
from rongmei.pitches.sources.base import (
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    RawPitch,
    Reading,
    Rejected,
    pitch_ref,
    split_channels,
    web_address,
)
from rongmei.text.normalise import clean_line, clean_text, fold, normalise

MAX_ROWS = 2_000
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_RATIO = 200
MAX_ENTRIES = 2_000
MAX_FILES = 200
MAX_SHEETS = 20
_MAX_COLUMNS = 40
_MAX_CELL = 10_000
_HEADER_ROWS = 10
_MERGE_LIMIT = 5_000
_CHUNK = 1024 * 1024
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = "用 Excel 或 WPS 另存为「Excel 工作簿（.xlsx）」后重新发送"

# Names that a column goes by, after `_header_key`; the first is the one used in messages.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "outlet": ("媒体", "单位", "媒体单位", "媒体名称", "单位名称", "报送单位", "报题单位", "报送媒体",
               "融媒体中心", "镇街", "来稿单位"),
    "title": ("选题", "标题", "选题名称", "选题标题", "题目", "选题题目", "稿件标题", "报题"),
    "summary": ("内容", "简介", "内容简介", "选题内容", "选题简介", "摘要", "说明", "选题说明", "主要内容", "概要"),
    "column": ("栏目", "所属栏目", "拟发栏目", "栏目名称"),
    "channels": ("渠道", "平台", "发布渠道", "发布平台", "拟发平台", "拟发渠道"),
    "place": ("地点", "地区", "采访地点", "发生地", "所在地"),
    "author": ("记者", "作者", "报题人", "联系人", "记者姓名", "采写", "负责人"),
    "url": ("链接", "网址", "参考链接", "相关链接", "url"),
    "submitted_at": ("时间", "日期", "报题时间", "报送时间", "提交时间", "报题日期", "填报时间"),
}  # fmt: skip
_FIELD_OF = {name: key for key, names in _ALIASES.items() for name in names}
_REQUIRED = ("outlet", "title")
_HELP_SHEETS = re.compile(r"说明|示例|样例|填写|字典|下拉|选项|模板说明")
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
_MERGE_REF = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})?\s*(?:[:分]\s*(\d{1,2})?)?\s*秒?)?"
)


@dataclass(frozen=True)
class _Cell:
    """What a cell holds: its value, or why it cannot be used."""

    value: Any = None
    fault: str = ""


@dataclass(frozen=True)
class _Sheet:
    """A table in one file: rows from the first one on, and down to which row merged cells of a column reach."""

    name: str
    rows: Iterator[tuple[_Cell, ...]]
    merged: Mapping[tuple[int, int], int] = field(default_factory=dict)


_Rows = Iterator[tuple[int, tuple[_Cell, ...]]]


def read_workbook(path: Path, source_id: str) -> Reading:
    """The pitches of one XLSX or CSV file; at most its first 2,000 rows.

    Each row without an outlet or a title, with a formula or an error in place of a value, or repeating an earlier
    row is rejected by file, sheet and row; the rest is taken. Naive times are read as Asia/Shanghai. Text that
    begins with = + - @ is text like any other and kept as written.

    Raises:
        BadInput: the file as a whole cannot be used.
    """
    return read_table(path.name, _load(path, clean_line(path.name, 120)), source_id)


def read_table(name: str, content: bytes, source_id: str, *, outlet: str | None = None) -> Reading:
    """`read_workbook` of a file that is at hand, an attachment for instance.

    Args:
        name: of the file; its ending says what it is.
        outlet: id of whose rows these are, for a sender that is known: then the sheet needs no column for it.

    Raises:
        BadInput: the file as a whole cannot be used.
    """
    where = clean_line(name, 120)
    suffix = Path(name).suffix.lower()
    if content.startswith(_OLE):
        _refuse_ole(content, where)
    if suffix == ".csv":
        return _collect(_csv_sheet(content, where), source_id, where, outlet)
    if suffix == ".xlsx":
        return _collect(_xlsx_sheets(content, where), source_id, where, outlet)
    if suffix in (".xlsm", ".xltm", ".xlsb"):
        raise BadInput("带宏的工作簿不予打开", where=where, mend=_SAVE_AS)
    if suffix in (".xls", ".et"):
        raise BadInput("旧格式的表格读不了", where=where, mend=_SAVE_AS)
    raise BadInput("不是 .xlsx 或 .csv 表格", where=where, mend="用报题模板填写，存为 .xlsx 后重新发送")


def scan_inbox(folder: Path, source_id: str) -> Reading:
    """Every file of an inbox folder, by name; what cannot be used at all becomes one `Rejected`.

    Temporary files ("~$…", "….part", dot files) and folders are passed over, links that lead outside refused. A
    pitch sent in several files counts once. At most 200 files.

    Raises:
        BadInput: the folder does not exist.
    """
    if not folder.is_dir():
        raise BadInput("收件文件夹不存在", where=clean_line(folder.name, 120), mend="新建这个文件夹，或更正活动配置")
    root = folder.resolve()
    files = sorted(path for path in folder.iterdir() if not _is_passing(path) and (path.is_symlink() or path.is_file()))
    pitches: dict[str, RawPitch] = {}
    rejected: list[Rejected] = []
    notes: list[Rejected] = []
    for path in files[:MAX_FILES]:
        try:
            reading = _read_inside(path, root, source_id)
        except BadInput as error:
            rejected.append(Rejected(source_id, error.where, error.what, error.mend))
            continue
        for pitch in reading.pitches:
            pitches.setdefault(pitch.ref, pitch)
        rejected.extend(reading.rejected)
        notes.extend(reading.notes)
    if len(files) > MAX_FILES:
        reason = f"共 {len(files)} 个文件，只读了前 {MAX_FILES} 个"
        rejected.append(Rejected(source_id, clean_line(folder.name, 120), reason, "移走已经处理过的文件"))
    return Reading(tuple(pitches.values()), tuple(rejected), tuple(notes))


def _is_passing(path: Path) -> bool:
    name = path.name.lower()
    return name.startswith(("~$", ".", "~")) or name.endswith((".part", ".tmp", ".crdownload", ".download", "~"))


def _read_inside(path: Path, root: Path, source_id: str) -> Reading:
    where = clean_line(path.name, 120)
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise BadInput("文件打不开", where=where, mend="重新放入这个文件") from error
    if not target.is_relative_to(root) or not target.is_file():
        raise BadInput("是指向收件文件夹之外的链接，不予读取", where=where, mend="放入文件本身，不要放快捷方式")
    return read_workbook(path, source_id)


def _load(path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise BadInput("文件打不开", where=where, mend="检查文件是否还在、是否有读取权限") from error
    if not content:
        raise BadInput("文件是空的", where=where, mend="重新发送填好的表格")
    if len(content) > MAX_FILE_BYTES:
        raise BadInput(f"文件超过 {MAX_FILE_BYTES // 1024 // 1024} MB", where=where, mend="删去图片和多余的工作表")
    return content


def _refuse_ole(content: bytes, where: str) -> None:
    if _ENCRYPTED in content:
        raise BadInput("工作簿设了打开密码", where=where, mend="去掉密码后重新发送")
    raise BadInput("是旧格式（.xls）的工作簿，读不了", where=where, mend=_SAVE_AS)


# ── XLSX ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Inspection:
    """What a look at the packed XML finds: merged cells by sheet member, (column, first row) → last row."""

    merges: dict[str, dict[tuple[int, int], int]] = field(default_factory=dict)
    has_formulas: bool = False


def _xlsx_sheets(content: bytes, where: str) -> Iterator[_Sheet]:
    inspection = _inspect_package(content, where)
    with _no_surprises(where):
        yield from _open_sheets(content, inspection, where)


@contextmanager
def _no_surprises(where: str) -> Iterator[None]:
    """Turns whatever openpyxl's parts raise on hostile XML into the one thing that it means."""
    try:
        yield
    except BadInput:
        raise
    except (ArithmeticError, LookupError, ValueError, TypeError, AttributeError, SyntaxError, OSError, EOFError,
            AssertionError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise BadInput("工作簿已损坏", where=where, mend=f"若文件还在复制请稍候；否则{_SAVE_AS}") from error


def _open_sheets(content: bytes, inspection: _Inspection, where: str) -> Iterator[_Sheet]:
    from openpyxl import load_workbook

    # With data_only a formula without a cached value looks like an empty cell; only a second look tells them apart.
    looks = (True, False) if inspection.has_formulas else (True,)
    books = [load_workbook(io.BytesIO(content), read_only=True, data_only=look, keep_links=False) for look in looks]
    try:
        for shown, *written in list(zip(*(book.worksheets for book in books), strict=True))[:MAX_SHEETS]:
            if shown.sheet_state != "visible":
                continue
            member = str(getattr(shown, "_worksheet_path", "")).lstrip("/")
            merged = inspection.merges.get(member, {})
            rows = _xlsx_rows(shown, written[0] if written else shown, where)
            yield _Sheet(clean_line(shown.title, 40), rows, merged)
    finally:
        for book in books:
            book.close()


def _xlsx_rows(shown: Any, written: Any, where: str) -> Iterator[tuple[_Cell, ...]]:
    with _no_surprises(where):
        if written is shown:
            for row in _bounded_rows(shown):
                yield tuple(_xlsx_cell(cell, cell) for cell in row)
            return
        for left, right in zip(_bounded_rows(shown), _bounded_rows(written), strict=False):
            yield tuple(_xlsx_cell(cell, source) for cell, source in zip(left, right, strict=False))


def _bounded_rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # A sheet's own claim of its size is not to be believed: it may say one cell, or the whole grid.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows(max_row=MAX_ROWS + _HEADER_ROWS + 60, max_col=_MAX_COLUMNS)
    return rows


def _xlsx_cell(shown: Any, written: Any) -> _Cell:
    if shown.data_type == "e":
        return _Cell(fault=f"单元格是错误值 {clean_line(str(shown.value), 12)}")
    if shown.value is None and written.data_type == "f":
        return _Cell(fault="单元格是公式，文件里没有它的计算结果")
    return _Cell(shown.value)


def _inspect_package(content: bytes, where: str) -> _Inspection:
    """Refuse what should not be opened, and note what reading it must know beforehand."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
            _refuse_bomb(entries, len(content), where)
            names = {entry.filename for entry in entries}
            if "xl/workbook.xml" not in names:
                raise BadInput("不是 Excel 工作簿", where=where, mend=_SAVE_AS)
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise BadInput("工作簿带有宏，不予打开", where=where, mend=_SAVE_AS)
            inspection = _Inspection()
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _inspect_member(package, entry, where, inspection)
            return inspection
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "password" in str(error):
            raise BadInput("压缩包设了密码", where=where, mend="去掉密码后重新发送") from error
        raise BadInput("工作簿已损坏", where=where, mend=f"若文件还在复制请稍候；否则{_SAVE_AS}") from error


def _refuse_bomb(entries: Sequence[zipfile.ZipInfo], packed: int, where: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(packed, 1)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or (ratio > MAX_RATIO and unpacked > 2 * _CHUNK):
        raise BadInput(
            "工作簿解开后大得不正常，可能是压缩炸弹，不予打开", where=where, mend="新建一个工作簿，只粘贴内容后发送"
        )


def _inspect_member(package: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, inspection: _Inspection) -> None:
    merges = inspection.merges.setdefault(entry.filename, {})
    tail = b""
    with package.open(entry) as member:
        while chunk := member.read(_CHUNK):
            window = tail + chunk
            bare = window.replace(b"\0", b"")
            if b"<!DOCTYPE" in bare or b"<!ENTITY" in bare:
                raise BadInput("工作簿里定义了 XML 实体，可能是攻击，不予打开", where=where, mend=_SAVE_AS)
            inspection.has_formulas = inspection.has_formulas or _FORMULA.search(bare) is not None
            for match in _MERGE_REF.finditer(window):
                if len(merges) < _MERGE_LIMIT:
                    merges[_column_number(match.group(1)), int(match.group(2))] = int(match.group(4))
            tail = window[-80:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def decode_table(content: bytes, where: str) -> str:
    """The text of a CSV file: by its byte-order mark, else UTF-8, UTF-16 by its zero bytes, else GB18030.

    Raises:
        BadInput: none of them fits.
    """
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return _decode(content, (codec,), where)
    head = content[:4096]
    if head.count(0) > len(head) // 8:
        even = head[0::2].count(0)
        return _decode(content, ("utf-16-be",) if even * 2 > head.count(0) else ("utf-16-le",), where)
    return _decode(content, ("utf-8", "gb18030"), where)


def _decode(content: bytes, encodings: Iterable[str], where: str) -> str:
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("文字编码无法识别", where=where, mend="另存为「CSV UTF-8（逗号分隔）」或 .xlsx 后重新发送")


def _csv_sheet(content: bytes, where: str) -> Iterator[_Sheet]:
    if content.startswith(b"PK\x03\x04"):
        raise BadInput("扩展名是 .csv，内容却是工作簿", where=where, mend="把扩展名改为 .xlsx 后重新发送")
    text = decode_table(content, where)
    head = text[:4096]
    delimiter = max(",\t;", key=head.count)
    yield _Sheet("", _csv_rows(text, delimiter, where))


def _csv_rows(text: str, delimiter: str, where: str) -> Iterator[tuple[_Cell, ...]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            yield tuple(_Cell(value) for value in row[:_MAX_COLUMNS])
    except csv.Error as error:
        mend = "检查是否有没配对的引号，或改存 .xlsx 后重新发送"
        raise BadInput(f"第 {reader.line_num} 行附近的格式不对", where=where, mend=mend) from error


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _collect(sheets: Iterable[_Sheet], source_id: str, file: str, outlet: str | None) -> Reading:
    table = _Table(source_id, file, outlet)
    for sheet in sheets:
        table.read(sheet)
    return table.finish()


class _Table:
    """Gathers the pitches of one file; those of `outlet`, if it is known whose file it is."""

    def __init__(self, source_id: str, file: str, outlet: str | None) -> None:
        self._source_id, self._file, self._outlet = source_id, file, outlet
        self._pitches: dict[str, RawPitch] = {}
        self._first_seen: dict[str, str] = {}
        self._rejected: list[Rejected] = []
        self._notes: list[Rejected] = []
        self._headless: list[tuple[str, list[str]]] = []
        self._found_header = False
        self._read_rows = 0

    def read(self, sheet: _Sheet) -> None:
        """Find the sheet's header and read what stands below it."""
        rows = enumerate(sheet.rows, start=1)
        columns, seen = _find_header(rows, _REQUIRED if self._outlet is None else ("title",))
        if columns is None:
            if seen and not _HELP_SHEETS.search(sheet.name):
                self._headless.append((sheet.name, seen))
            return
        self._found_header = True
        self._read_below(sheet, columns, rows)

    def _read_below(
        self, sheet: _Sheet, columns: Mapping[str, int], rows: Iterator[tuple[int, tuple[_Cell, ...]]]
    ) -> None:
        filler = _Filler(sheet.merged, columns.get("outlet", -1))
        for number, row in rows:
            # The template has the outlet's name in every row: a name alone says nothing.
            if not any(_is_filled(cell) for at, cell in enumerate(row) if at != columns.get("outlet")):
                continue
            if self._read_rows >= MAX_ROWS:
                reason = f"超过 {MAX_ROWS} 行，只读了前 {MAX_ROWS} 行"
                self._reject(self._where(sheet, number), reason, "把余下的行分到另一个文件里发送")
                return
            self._read_rows += 1
            cells = {name: row[at] if at < len(row) else _Cell() for name, at in columns.items()}
            cells["outlet"] = filler.fill(number, cells.get("outlet", _Cell()))
            if self._outlet is not None and not _is_filled(cells["outlet"]):
                cells["outlet"] = _Cell(self._outlet)
            self._take(cells, self._where(sheet, number))

    def _where(self, sheet: _Sheet, number: int) -> str:
        return f"{self._file}「{sheet.name}」第 {number} 行" if sheet.name else f"{self._file} 第 {number} 行"

    def _reject(self, where: str, reason: str, mend: str) -> None:
        self._rejected.append(Rejected(self._source_id, where, reason, mend))

    def _take(self, cells: Mapping[str, _Cell], where: str) -> None:
        fault = _first_fault(cells)
        if fault is not None:
            self._reject(where, *fault)
            return
        pitch = self._pitch(cells, where)
        if pitch.ref in self._pitches:
            self._reject(where, f"与{self._first_seen[pitch.ref]}重复", "保留一行即可，不影响其他行")
            return
        self._pitches[pitch.ref] = pitch
        self._first_seen[pitch.ref] = where.removeprefix(self._file).strip()

    def _pitch(self, cells: Mapping[str, _Cell], where: str) -> RawPitch:
        text = {name: _text(cell.value) for name, cell in cells.items()}
        outlet, title = clean_line(text["outlet"], NAME_LIMIT), clean_line(text["title"], TITLE_LIMIT)
        return RawPitch(
            source_id=self._source_id,
            ref=pitch_ref(outlet, title),
            outlet=outlet,
            title=title,
            summary=clean_text(text.get("summary", ""), SUMMARY_LIMIT),
            column=clean_line(text.get("column", ""), NAME_LIMIT) or None,
            channels=split_channels(text.get("channels", "")),
            place=clean_line(text.get("place", ""), NAME_LIMIT) or None,
            author=clean_line(text.get("author", ""), NAME_LIMIT) or None,
            url=self._usable("链接", text.get("url", ""), web_address, where),
            submitted_at=self._usable("时间", cells.get("submitted_at", _Cell()).value, moment, where),
        )

    def _usable(self, column: str, value: Any, convert: Callable[[Any], Any], where: str) -> Any:
        """The converted value of an optional column; one that cannot be read is left out and noted."""
        written = _text(value).strip()
        converted = convert(value if column == "时间" else written)
        if converted is None and written and normalise(written) not in ("", "无", "暂无"):
            mend = "链接以 http:// 或 https:// 开头" if column == "链接" else "时间写成 2026-06-06 18:30"
            self._notes.append(Rejected(self._source_id, where, f"「{column}」看不懂，没有采用", mend))
        return converted

    def finish(self) -> Reading:
        """The reading of the file.

        Raises:
            BadInput: no sheet has the columns that a pitch needs.
        """
        for name, seen in self._headless:
            missing, found = _describe_header(seen)
            where = f"{self._file}「{name}」" if name else self._file
            mend = "按报题模板写表头：媒体、选题（必填），内容、栏目、渠道、地点、记者、链接、时间（选填）"
            what = f"表头缺少{missing}，找到的是：{found}"
            if not self._found_header:
                raise BadInput(what, where=where, mend=mend)
            self._reject(where, what, mend)
        if not self._found_header:
            raise BadInput("工作簿里没有内容", where=self._file, mend="按报题模板填写后重新发送")
        return Reading(tuple(self._pitches.values()), tuple(self._rejected), tuple(self._notes))


class _Filler:
    """Carries the outlet of a merged cell down to the rows that it spans, and no further."""

    def __init__(self, merged: Mapping[tuple[int, int], int], column: int) -> None:
        self._spans = {first: last for (at, first), last in merged.items() if at == column + 1}
        self._until, self._cell = 0, _Cell()

    def fill(self, number: int, cell: _Cell) -> _Cell:
        if number in self._spans:
            self._until, self._cell = self._spans[number], cell
        elif number <= self._until and not _is_filled(cell):
            return self._cell
        return cell


def _find_header(rows: _Rows, required: Iterable[str]) -> tuple[dict[str, int] | None, list[str]]:
    """The columns of the first of ten rows that has all required ones; else None and the likeliest header's cells."""
    likeliest: list[str] = []
    known = -1
    for number, row in rows:
        names = [clean_line(_text(cell.value), 20) for cell in row]
        columns: dict[str, int] = {}
        for at, name in enumerate(names):
            key = _FIELD_OF.get(_header_key(name))
            if key is not None:
                columns.setdefault(key, at)
        if all(name in columns for name in required):
            return columns, []
        filled = [name for name in names if name]
        if filled and len(columns) > known:
            likeliest, known = filled, len(columns)
        if number >= _HEADER_ROWS:
            break
    return None, likeliest


def _header_key(name: str) -> str:
    return normalise(_IN_BRACKETS.sub("", fold(name))).replace(" ", "")


def _describe_header(seen: Sequence[str]) -> tuple[str, str]:
    present = {_FIELD_OF.get(_header_key(name)) for name in seen}
    missing = "、".join(f"「{_ALIASES[name][0]}」" for name in _REQUIRED if name not in present)
    return missing or "完整的一行表头", "、".join(seen[:12])


def _first_fault(cells: Mapping[str, _Cell]) -> tuple[str, str] | None:
    """Why a row gives no pitch: (reason, mend)."""
    for name, cell in cells.items():
        if cell.fault:
            return f"「{_ALIASES[name][0]}」{cell.fault}", "把这一格改为文字（复制后「粘贴为值」），保存后重新发送"
    if not normalise(_text(cells["title"].value)):
        return "没有写选题", "补上「选题」，或删去这一行"
    if not normalise(_text(cells["outlet"].value)):
        return "没有写媒体", "补上「媒体」；合并的单元格请取消合并后逐行填写"
    return None


def _is_filled(cell: _Cell) -> bool:
    return bool(cell.fault) or bool(_text(cell.value).strip())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:_MAX_CELL]


def moment(value: Any) -> datetime | None:
    """A cell's time as aware UTC: a date or datetime (naive: Asia/Shanghai), or text such as 2026年6月6日 18:30."""
    try:
        if isinstance(value, datetime):
            local = value if value.tzinfo else value.replace(tzinfo=_SHANGHAI)
        elif isinstance(value, date):
            local = datetime(value.year, value.month, value.day, tzinfo=_SHANGHAI)
        else:
            match = _DATE.fullmatch(clean_line(fold(_text(value)), 60))
            if match is None:
                return None
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
            local = datetime(year, month, day, hour, minute, second, tzinfo=_SHANGHAI)
        found = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found < _EARLIEST + timedelta(days=36_525) else None
