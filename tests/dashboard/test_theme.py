"""Colours can be read by everyone: contrast on every ground, and apart for the colour-blind."""

import itertools

import pytest

from chertlog.dashboard.drawing.theme import DARK, LIGHT, Palette

# Machado, Oliveira, Fernandes 2009, severity 1.0: what is seen of linear RGB.
BLIND = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# All that text is written in, and on what.
TEXT = ("ink", "muted", "retryable", "final", "unsaid", "capacity", "worse", "better")
GROUNDS = ("background", "faint")

Rgb = tuple[float, float, float]


def _linear(colour: str) -> Rgb:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """By WCAG 2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _lab(linear: Rgb) -> Rgb:
    red, green, blue = (min(max(each, 0), 1) for each in linear)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _seen(colour: str, matrix: tuple[Rgb, ...]) -> Rgb:
    linear = _linear(colour)
    red, green, blue = (sum(m * v for m, v in zip(row, linear, strict=True)) for row in matrix)
    return _lab((red, green, blue))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("name", "ground"), list(itertools.product(TEXT, GROUNDS)))
def test_text_has_contrast(palette: Palette, name: str, ground: str) -> None:
    contrast = _contrast(getattr(palette, name), getattr(palette, ground))
    assert contrast >= 4.5, f"{name} on {ground}: {contrast:.2f}"


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", BLIND)
def test_retryable_and_final_are_apart_for_the_colour_blind(palette: Palette, kind: str) -> None:
    one, other = (_seen(c, BLIND[kind]) for c in (palette.retryable, palette.final))
    assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 40
