"""Makes a picture of SVG text: resvg with a font of ours, loaded by the first picture and by nothing else.

It refuses the fonts, the files and the network of the machine: a picture is the same everywhere.
"""

from pathlib import Path

FONTS = Path(__file__).parent.parent / "fonts"


class Charts:
    """Needs nothing; the renderer is imported on first use."""

    def png(self, svg: str) -> bytes:
        """The picture. Raises ValueError for what is no SVG."""
        import resvg_py

        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg,
                skip_system_fonts=True,
                font_files=[str(font) for font in sorted(FONTS.glob("*.ttf"))],
                font_family="DejaVu Sans",
            )
        )
