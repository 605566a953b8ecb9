"""The selectors and the lists of labels in an expression of PromQL, found without understanding the rest."""
import re
from typing import NamedTuple

KEYWORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
            "bool", "offset", "inf", "nan"}
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
AGGREGATIONS = {"sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values",
                "bottomk", "topk", "quantile"}
FOLLOW_FUNCTIONS = {"(", "by", "without"}
STRING_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|#[^\n]*')
TOKEN = re.compile(r"[A-Za-z_:][\w:]*|[(){}]|\[[^\]]*\]|\d[\w.]*|\S")


class Selector(NamedTuple):
    """metric{label="..."}. Offsets are those of the expression."""
    metric: str
    labels: set     # that it matches on
    after_name: int
    braces: tuple   # where the text between the braces begins and ends; None without braces


class LabelList(NamedTuple):
    """by (label, label) and such. `keyword` is "" for an aggregation that has no list."""
    keyword: str
    labels: set
    begin: int      # after the "("


def tokens_of(expression):
    """[(token, where it begins)], with strings and comments left out."""
    blank = STRING_OR_COMMENT.sub(lambda found: " " * len(found[0]), expression)
    return [(found[0], found.start()) for found in TOKEN.finditer(blank)]


def parts(expression):
    """Every Selector and LabelList, in order. ValueError for a selector without the name of a metric."""
    tokens = tokens_of(expression)
    texts = [text for text, _ in tokens] + [""]
    i = 0
    while i < len(tokens):
        (token, at), following = tokens[i], texts[i + 1]
        i += 1
        if token == "{":
            raise ValueError(f"a selector without the name of a metric: {expression[at:]}")
        if not re.match(r"[A-Za-z_:]", token):
            continue
        if token in LABEL_LISTS and following == "(":
            end = texts.index(")", i)
            yield LabelList(token, identifiers(texts[i:end]), tokens[i][1] + 1)
            i = end
        elif following == "{":
            end = texts.index("}", i)
            yield Selector(token, identifiers(texts[i:end]), at + len(token),
                           (tokens[i][1] + 1, tokens[end][1]))
            i = end + 1
        elif token in AGGREGATIONS and following == "(":
            yield LabelList("", set(), at)
        elif following not in FOLLOW_FUNCTIONS and token.lower() not in KEYWORDS:
            yield Selector(token, set(), at + len(token), None)


def names(expression):
    """{metric: labels its selectors match on}, and the labels of by (...), on (...) and such."""
    metrics, lists = {}, set()
    for part in parts(expression):
        if isinstance(part, Selector):
            metrics.setdefault(part.metric, set()).update(part.labels)
        else:
            lists |= part.labels
    return metrics, lists


def identifiers(tokens):
    return {token for token in tokens if re.match(r"[A-Za-z_]", token)}
