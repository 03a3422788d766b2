#!/usr/bin/env python3
"""Writes a small PDF and a small DOCX, a sentence in each. usage: documents.py FOLDER"""

import pathlib
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])

# A font that the PDF does not bring, and a letter beyond ASCII.
text = b"BT /F1 12 Tf 72 720 Td (By the caf\\351, the lighthouse stands on the cape of Saint Hilda.) Tj ET"
objects = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
]
pdf, places = b"%PDF-1.4\n", []
for number, body in enumerate(objects, 1):
    places.append(len(pdf))
    pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
table = b"".join(b"%010d 00000 n \n" % place for place in places)
pdf += b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (table, len(pdf))
(folder / "Küste.pdf").write_bytes(pdf)

with zipfile.ZipFile(folder / "Höhe.docx", "w", zipfile.ZIP_DEFLATED) as docx:
    docx.writestr("word/média/image1.png", b"\x89PNG")
    docx.writestr(
        "word/document.xml",
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>Above the café, the observatory stands on Mount Königstuhl.</w:t></w:r></w:p></w:body></w:document>")  # fmt: skip
