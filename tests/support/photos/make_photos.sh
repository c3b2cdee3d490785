#!/bin/sh
# Makes the photos of this directory anew, with the command line tools of libvips (Debian:
# libvips-tools). A landscape is computed: sky, sun, ridges, grain. Run it in this directory.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
v() { vips "$@"; }
t() { echo "$work/$1.v"; }

width=640 height=480
v xyz "$(t xyz)" $width $height
v extract_band "$(t xyz)" "$(t x)" 0
v extract_band "$(t xyz)" "$(t y)" 1
v perlin "$(t clouds)" $width $height --cell-size 96 --seed 7
v perlin "$(t hills)" $width $height --cell-size 160 --seed 11
v gaussnoise "$(t grain)" $width $height --sigma 5 --mean 0 --seed 3

# The ridge: ground wherever y + 110 * hills(x, y) is below a line that falls to the right.
v linear -- "$(t hills)" "$(t hills_px)" 110 0
v add "$(t y)" "$(t hills_px)" "$(t bumpy_y)"
v linear -- "$(t x)" "$(t slope)" -0.15 360
v relational "$(t bumpy_y)" "$(t slope)" "$(t ground_mask)" more

# The sun: brightness falls with the distance from (470, 120).
v linear -- "$(t x)" "$(t dx)" 0.02 -9.4
v linear -- "$(t y)" "$(t dy)" 0.02 -2.4
v math2_const "$(t dx)" "$(t dx2)" pow 2
v math2_const "$(t dy)" "$(t dy2)" pow 2
v add "$(t dx2)" "$(t dy2)" "$(t d2)"
v linear -- "$(t d2)" "$(t minus_d2)" -1 0
v math "$(t minus_d2)" "$(t sun)" exp

# One plane per colour: sky = base + slope * y + clouds + sun, ground = base + slope * y.
plane() { # name sky_base sky_slope cloud sun ground_base ground_slope
    v linear -- "$(t y)" "$(t sky_y)" "$3" "$2"
    v linear -- "$(t clouds)" "$(t c)" "$4" 0
    v linear -- "$(t sun)" "$(t s)" "$5" 0
    v add "$(t sky_y)" "$(t c)" "$(t sky1)"
    v add "$(t sky1)" "$(t s)" "$(t sky)"
    v linear -- "$(t y)" "$(t ground)" "$7" "$6"
    v ifthenelse "$(t ground_mask)" "$(t ground)" "$(t sky)" "$(t plain)"
    v add "$(t plain)" "$(t grain)" "$(t grainy)"
    v cast "$(t grainy)" "$work/$1.v" uchar
}
plane red 70 0.35 30 170 20 0.10
plane green 120 0.18 26 130 40 0.14
plane blue 200 -0.10 16 40 25 0.04
v bandjoin "$(t red) $(t green) $(t blue)" "$(t bands)"
v copy "$(t bands)" "$(t photo)" --interpretation srgb

# A soft round mask for transparency, and small versions for the bulky formats.
v linear -- "$(t sun)" "$(t mask_f)" 400 0
v cast "$(t mask_f)" "$(t mask)" uchar
v bandjoin "$(t photo) $(t mask)" "$(t joined)"
v copy "$(t joined)" "$(t rgba)" --interpretation srgb
v resize "$(t photo)" "$(t small)" 0.25
v resize "$(t rgba)" "$(t small_rgba)" 0.25

v jpegsave "$(t photo)" photo.jpg --Q 70 --strip
v jpegsave "$(t photo)" progressive.jpg --Q 60 --interlace --strip
v colourspace "$(t photo)" "$(t grey)" b-w
v jpegsave "$(t grey)" grey.jpg --Q 60 --strip
v resize "$(t photo)" "$(t half)" 0.5
v colourspace "$(t half)" "$(t cmyk)" cmyk
v jpegsave "$(t cmyk)" cmyk.jpg --Q 40 --strip
v jpegsave "$(t small)" profile.jpg --Q 60 --profile p3

# Orientation 6: stored lying on its side, to be turned 90 degrees clockwise. The tag is a hand-made
# APP1 segment: Exif, little endian, one entry, 0x0112 = 6.
v rot "$(t photo)" "$(t lying)" d270
v jpegsave "$(t lying)" "$work/lying.jpg" --Q 60 --strip
{
    head -c 2 "$work/lying.jpg"
    printf '\377\341\000\042Exif\000\000II*\000\010\000\000\000\001\000'
    printf '\022\001\003\000\001\000\000\000\006\000\000\000\000\000\000\000'
    tail -c +3 "$work/lying.jpg"
} > orientation6.jpg

v pngsave "$(t small)" rgb.png --strip
v resize "$(t small)" "$(t tiny)" 0.5
v pngsave "$(t tiny)" interlaced.png --interlace --strip
v pngsave "$(t small_rgba)" rgba.png --strip
v pngsave "$(t half)" palette.png --palette --bitdepth 4 --strip
v colourspace "$(t small)" "$(t rgb16)" rgb16
v resize "$(t rgb16)" "$(t tiny16)" 0.5
v pngsave "$(t tiny16)" rgb16.png --strip

v webpsave "$(t photo)" photo.webp --Q 60 --strip
v webpsave "$(t small_rgba)" lossless.webp --lossless --strip
v gifsave "$(t small)" still.gif
v tiffsave "$(t small)" photo.tif --compression deflate --predictor horizontal --strip

# Animations: the small photo, then upside down, then mirrored.
v rot "$(t small)" "$(t frame2)" d180
v flip "$(t small)" "$(t frame3)" horizontal
v join "$(t small)" "$(t frame2)" "$(t two)" vertical
v join "$(t two)" "$(t frame3)" "$(t frames)" vertical
v gifsave "$(t frames)" animated.gif --page-height 120 --bitdepth 4
v webpsave "$(t frames)" animated.webp --Q 40 --page-height 120
