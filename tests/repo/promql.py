"""The names in an expression of PromQL, found without understanding it."""
import re

KEYWORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
            "bool", "offset", "inf", "nan"}
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
FOLLOW_FUNCTIONS = {"(", "by", "without"}
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
TOKEN = re.compile(r"[A-Za-z_:][\w:]*|[(){}]|\[[^\]]*\]|\d[\w.]*|\S")


def names(expression):
    """{metric: labels its selectors match on}, and the labels of by (...), on (...) and such."""
    metrics, lists = {}, set()
    tokens = TOKEN.findall(STRING.sub('""', expression))
    i = 0
    while i < len(tokens):
        token, following = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else ""
        i += 1
        if not re.match(r"[A-Za-z_:]", token):
            continue
        if token in LABEL_LISTS and following == "(":
            end = tokens.index(")", i)
            lists |= identifiers(tokens[i:end])
            i = end
        elif following == "{":
            end = tokens.index("}", i)
            metrics.setdefault(token, set()).update(identifiers(tokens[i:end]))
            i = end
        elif following not in FOLLOW_FUNCTIONS and token.lower() not in KEYWORDS:
            metrics.setdefault(token, set())
    return metrics, lists


def identifiers(tokens):
    return {token for token in tokens if re.match(r"[A-Za-z_]", token)}
