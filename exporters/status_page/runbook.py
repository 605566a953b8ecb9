#!/usr/bin/env python3
"""Writes runbook.html, the page at /runbook, from docs/runbook.md: a section for each alert rule, whose id is
the name of the rule. Run it after a change of that file. With --print it prints the page instead. It needs
python3-markdown."""
import html
import pathlib
import re
import sys

import markdown

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCE = FOLDER.parents[1] / "docs/runbook.md"
TARGET = FOLDER / "runbook.html"

DOCUMENT = """<!doctype html>
<html lang="en">
<!-- Written by runbook.py from docs/runbook.md. -->
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>connwatch runbook</title>
{icon}
<style>{{{{style}}}}</style>
</head>
<body class="runbook">
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<p class="brand"><a href="./">connwatch</a></p>
<h1>{title}</h1>
</header>
<main id="main">
<section>
<nav class="rail" aria-label="Alert rules"><ul>
{links}
</ul></nav>
<div class="body">
{introduction}
</div>
</section>
{sections}
</main>
</body>
</html>
"""

SECTION = """<section id="{name}" aria-labelledby="{name}-title">
<div class="rail"><h2 id="{name}-title">{name}</h2></div>
<div class="body">
{body}
</div>
</section>"""


def icon_of_status_page():
    return re.search(r'<link rel="icon".*', (FOLDER / "page.html").read_text()).group()


def to_html(text, names):
    """Links to sections lead to them. Links to other files keep their text: the page is alone."""
    body = markdown.markdown(text, extensions=["fenced_code"])

    def follow(match):
        target, label = match.groups()
        if not target.startswith("#"):
            return label
        return f'<a href="#{names[target[1:]]}">{label}</a>'
    return re.sub(r'<a href="([^"]*)">(.*?)</a>', follow, body, flags=re.DOTALL)


def page(source):
    head, *sections = source.split("\n## ")
    title, introduction = head.removeprefix("# ").split("\n", 1)
    sections = [section.split("\n", 1) for section in sections]
    names = {name.lower(): name for name, _ in sections}
    return DOCUMENT.format(
        icon=icon_of_status_page(), title=html.escape(title), introduction=to_html(introduction, names),
        links="\n".join(f'<li><a href="#{name}">{name}</a></li>' for name, _ in sections),
        sections="\n".join(SECTION.format(name=name, body=to_html(text, names))
                           for name, text in sections))


if __name__ == "__main__":
    text = page(SOURCE.read_text())
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(text)
    else:
        TARGET.write_text(text)
