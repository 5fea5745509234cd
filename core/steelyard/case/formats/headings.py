"""What a table of cases has at its head, before its facts: whose case it is, and of when."""

from __future__ import annotations

from steelyard.messages import Title

BANDS = ("■ ", "▪ ")
"""What the heading of a band of facts begins with, by its level."""
LEADING: tuple[tuple[str, Title], ...] = (
    ("book", Title("规则册", "Rule book")),
    ("subject.id", Title("被评单位编号", "Subject id")),
    ("subject.name", Title("被评单位名称", "Subject name")),
    ("period", Title("考核周期", "Period")),
    ("as_of", Title("认定日期", "As of")),
    ("subject.part_of", Title("上级单位编号", "Part of")),
)
BY = ("by", Title("填报人（部门）", "Filled in by"))
"""Who fills in a case, whole or in part: behind every fact and record that names nobody else."""
PARTY = {"kind": Title("类别", "Kind"), "name": Title("名称（姓名）", "Name")}
"""What any kind of party says of itself."""
WAIVER = {
    "authority": Title("批准机关", "Authority"),
    "reason": Title("理由", "Reason"),
    "until": Title("有效至（含）", "Until (included)"),
}
"""What a waiver says of its rule."""
HEADINGS = frozenset({LEADING[0][1].zh, LEADING[0][1].en})
"""What the first cell of such a table may say."""
