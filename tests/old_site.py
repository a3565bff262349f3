"""The old site's databases, made anew: its tables, their variants and typical rows."""

import json

from django.conf import settings

INFO = """
CREATE TABLE info (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  code varchar(6) NOT NULL COMMENT '股票代码',
  short varchar(10) NOT NULL COMMENT '股票简称',
  chg varchar(10) NOT NULL COMMENT '涨跌幅',
  turnover varchar(255) NOT NULL COMMENT '换手率',
  price decimal(10,2) NOT NULL COMMENT '最新价',
  highs decimal(10,2) NOT NULL COMMENT '前期高点',
  time date DEFAULT NULL COMMENT '前期高点日期',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
WIDER_INFO = (
    INFO.replace("code varchar(6)", "code varchar(10)")
    .replace("short varchar(10)", "short varchar(20)")
    .replace("decimal(10,2)", "decimal(5,2)")
)
HIGHTS_INFO = INFO.replace("highs decimal", "hights decimal")
FOCUS = """
CREATE TABLE focus (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  note_info varchar(200) DEFAULT '',
  info_id int(10) unsigned DEFAULT NULL,
  PRIMARY KEY (id),
  KEY info_id (info_id),
  CONSTRAINT focus_ibfk_1 FOREIGN KEY (info_id) REFERENCES info (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
FOCUS_WITHOUT_STOCK = """
CREATE TABLE focus (
  id int(10) unsigned NOT NULL AUTO_INCREMENT,
  note_info varchar(200) DEFAULT '',
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8
"""
VIEW = """
CREATE VIEW stock_center AS
SELECT code, short, chg, turnover, price, {highs}, note_info
FROM info JOIN focus ON focus.info_id = info.id
"""

ENTRIES = [("你确定要买这个？", 36), ("利好", 37), ("", 88), ("", 89), ("", 1)]


def real_rows():
    """Return the 94 rows as the old site kept them: percentages as text with two decimals."""
    path = settings.BASE_DIR / "fixtures" / "info.json"
    rows = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        values = row["fields"]
        rows.append(
            (
                row["pk"],
                values["code"],
                values["short"],
                f"{values['chg']}%",
                f"{values['turnover']}%",
                values["price"],
                values["highs"],
                values["time"],
            )
        )
    return rows


def stock(pk, code, **values):
    """Return a row of `info`: an ordinary one but for the `values` given."""
    usual = {
        "short": "全新好",
        "chg": "10.01%",
        "turnover": "4.40%",
        "price": "16.05",
        "highs": "14.60",
        "time": "2017-07-18",
    }
    return (pk, code, *(usual | values).values())
