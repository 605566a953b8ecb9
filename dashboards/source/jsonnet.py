"""Writes values as jsonnet, in the form that jsonnetfmt leaves as it is."""
import json
import re

from placeholders import Template

WIDTH = 100
# An identifier that is none of these needs no quotes as the name of a field.
RESERVED = {"assert", "else", "error", "false", "for", "function", "if", "import", "importstr", "in",
            "local", "null", "self", "super", "tailstrict", "then", "true"}


class Code(str):
    """An expression of jsonnet. As the name of a field, it is computed."""


def quoted(text):
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    if "'" in text and '"' not in text:
        return f'"{escaped}"'
    single = escaped.replace('\\"', '"').replace("'", "\\'")
    return f"'{single}'"


def block(text, indent):
    """An expression of several lines, with a newline at its end."""
    lines = [f"{indent}  {line}" if line else "" for line in text.split("\n")]
    return "|||\n" + "\n".join(lines) + f"\n{indent}|||"


def string(text, indent, name):
    if isinstance(text, Code):
        return str(text)
    made = block(text, indent) if name == "expr" and "\n" in text else quoted(text)
    return f"fill({made})" if isinstance(text, Template) else made


def field(name):
    if isinstance(name, Code):
        return f"[{name}]"
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in RESERVED else quoted(name)


def entries(value, indent):
    """Of an array or an object, each written."""
    if isinstance(value, dict):
        return [f"{field(name)}: {written(inner, indent, name)}" for name, inner in value.items()]
    return [written(inner, indent) for inner in value]


def written(value, indent="", name=None):
    """On one line where that is short enough. `name`: that of the field, if it is one."""
    if isinstance(value, str):
        return string(value, indent, name)
    if not isinstance(value, (dict, list)):
        return json.dumps(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not value:
        return opening + closing
    space = " " if opening == "{" else ""
    line = opening + space + ", ".join(entries(value, "")) + space + closing
    if "\n" not in line and len(indent) + len(line) <= WIDTH - 20:
        return line
    deeper = indent + "  "
    return "\n".join([opening, *(f"{deeper}{entry}," for entry in entries(value, deeper)),
                      indent + closing])
