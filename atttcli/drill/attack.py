"""Numbers of ATT&CK's enterprise techniques, so that `drill validate` tells a slip of the keyboard; newer ones only warn."""

from __future__ import annotations

_KNOWN = """
1001-1008 1010-1012 1014 1016 1018 1020 1021 1025 1027 1029 1030 1033 1036 1037 1039-1041 1046-1049 1052-1057 1059 1068-1072 1074
1078 1080 1082 1083 1087 1090-1092 1095 1098 1102 1104-1106 1110-1115 1119 1120 1123-1127 1129 1132-1137 1140 1176 1185 1187 1189
1190 1195 1197 1199-1205 1207 1210-1213 1216-1222 1480 1482 1484-1486 1489-1491 1495 1496 1498 1499 1505 1518 1525 1526 1528-1531
1534 1535 1537-1539 1542 1543 1546-1548 1550 1552-1574 1578 1580 1583-1602 1606 1608-1615 1619-1622 1647-1654 1656 1657 1659
1665-1675 1677-1681
"""
_SUBS = 24  # none has more sub-techniques


def is_known(code: str) -> bool:
    """Whether `T1566.002` is the number of a technique; of a sub-technique only that it can be one."""
    number, _dot, sub = code[1:].partition(".")
    if sub and not 1 <= int(sub) <= _SUBS:
        return False
    return any(low <= int(number) <= high for low, high in _ranges())


def _ranges() -> list[tuple[int, int]]:
    parts = (part.partition("-") for part in _KNOWN.split())
    return [(int(low), int(high or low)) for low, _dash, high in parts]
