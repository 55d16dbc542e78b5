// SPDX-License-Identifier: Apache-2.0
//
// The unit multiplies tiles of bfloat16, the first 8 bits of a number, about sixteen times as fast as
// vectors multiply float32. A float32 is the sum of three bfloat16: its first 8 bits, the next 8, the
// last 8. Of the nine products of two such sums the six that float32 would notice are computed; the
// others are below 2⁻²³ of a product. Sums are float32's.
#define _DEFAULT_SOURCE  // syscall
#include "matmul_tiles.h"

#include "variants.h"

#if defined(TESSERA_X86) && defined(__linux__)
#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET __attribute__((target("amx-tile,amx-bf16,avx512f,avx512vl,avx512bw,avx512dq")))
#define INLINE TARGET static inline __attribute__((always_inline))

#define SIDE 16         // rows of a tile; columns of a tile of sums
#define STEP 32         // depth of one tile product
#define PANEL 32        // columns of a packed panel: two tiles
#define DEPTH_BAND 256  // a panel's parts of so much depth (48 KB) are about the first cache
#define ROW_BAND 192    // the rows' parts (288 KB) stay in the second
#define STEPS (DEPTH_BAND / STEP)
#define WORDS (SIDE * STEP)

// A float's parts, as tiles: 16 rows of 64 bytes in one piece.
enum { HIGH, MIDDLE, LOW, PARTS };
typedef uint16_t tiles[PARTS][WORDS];

static _Thread_local struct {
  tiles rows[ROW_BAND / (2 * SIDE)][STEPS][2];
  tiles panels[2][STEPS][PANEL / SIDE];  // the one at work, and the next
  float sums[2][2 * SIDE][PANEL];        // of the block at work, and of the last
  float gathered[DEPTH_BAND];
} space __attribute__((aligned(64)));

// The first 8 bits of 16 floats stay in place, as a float; what is left of `x` becomes x.
INLINE __m512i take_part(__m512 *x) {
  __m512i part = _mm512_and_si512(_mm512_castps_si512(*x), _mm512_set1_epi32((int)0xffff0000));
  *x = _mm512_sub_ps(*x, _mm512_castsi512_ps(part));
  return part;
}

// MARK: Rows

// 32 floats of a row become one row in the tiles of the three parts.
INLINE void split_row(const float *x, tiles *t, size_t row) {
  const __m512i upperHalves = _mm512_set_epi16(
      63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27, 25, 23, 21, 19,
      17, 15, 13, 11, 9, 7, 5, 3, 1);
  __m512 first = _mm512_loadu_ps(x), second = _mm512_loadu_ps(x + 16);
  for (size_t part = 0; part < PARTS; part++) {
    __m512i a = part < LOW ? take_part(&first) : _mm512_castps_si512(first);
    __m512i b = part < LOW ? take_part(&second) : _mm512_castps_si512(second);
    _mm512_store_si512((*t)[part] + row * STEP, _mm512_permutex2var_epi16(a, upperHalves, b));
  }
}

// Which part of the depth is at hand: `from` ..< `to` of a row's runs of `length`, of which those from
// `first` to `end` are there.
typedef struct {
  size_t from, to, length, first, end, stride;
  int isFirst, isLast;
} depth_band;

// A row's floats of a band in one piece; zeros where its runs are not there.
INLINE const float *gather(const depth_band *band, const float *x) {
  size_t run = band->from / band->length;
  size_t steps = (band->to - band->from + STEP - 1) / STEP;
  size_t inRun = band->from - run * band->length;
  if (run >= band->first && run < band->end && inRun + steps * STEP <= band->length)
    return x + (ptrdiff_t)(run - band->first) * (ptrdiff_t)band->stride + inRun;
  float *target = space.gathered;
  size_t at = band->from;
  while (at < band->to) {
    size_t left = band->length - inRun, wanted = band->to - at;
    size_t count = left < wanted ? left : wanted;
    if (run >= band->first && run < band->end)
      memcpy(target, x + (run - band->first) * band->stride + inRun, count * sizeof(float));
    else
      memset(target, 0, count * sizeof(float));
    target += count;
    at += count;
    run++;
    inRun = 0;
  }
  memset(target, 0, (band->from + steps * STEP - at) * sizeof(float));
  return space.gathered;
}

TARGET static void split_rows(const depth_band *band, size_t rows, const float *x, size_t xStride) {
  size_t steps = (band->to - band->from + STEP - 1) / STEP;
  for (size_t r = 0; r < rows; r++) {
    const float *source = gather(band, x + r * xStride);
    for (size_t s = 0; s < steps; s++)
      split_row(source + s * STEP, &space.rows[r / (2 * SIDE)][s][r / SIDE % 2], r % SIDE);
  }
}

// MARK: Weights

// The unit wants two depths of a column side by side.
INLINE void split_pair(const float *upper, const float *lower, tiles *t, size_t pair) {
  const __m512i highHalf = _mm512_set1_epi32((int)0xffff0000);
  __m512 first = _mm512_load_ps(upper), second = _mm512_load_ps(lower);
  for (size_t part = 0; part < PARTS; part++) {
    __m512i a = part < LOW ? take_part(&first) : _mm512_castps_si512(first);
    __m512i b = part < LOW ? take_part(&second) : _mm512_castps_si512(second);
    // b's upper halves, and a's moved below them.
    __m512i both = _mm512_ternarylogic_epi32(b, highHalf, _mm512_srli_epi32(a, 16), 0xea);
    _mm512_store_si512((*t)[part] + pair * STEP, both);
  }
}

// A panel that is being split, a few rows at a time between the products of the last one: the vectors
// have nothing else to do while the unit works.
typedef struct {
  const float *panel;
  size_t depth, pair, pairs, pairsAtOnce;
  tiles (*target)[PANEL / SIDE];
} panel_split;

static panel_split begin_split(const float *panel, size_t depth, size_t buffer, size_t visits) {
  size_t pairs = (depth + STEP - 1) / STEP * (STEP / 2);
  return (panel_split){.panel = panel,
                       .depth = depth,
                       .pairs = pairs,
                       .pairsAtOnce = (pairs + visits - 1) / visits,
                       .target = space.panels[buffer]};
}

INLINE void split_more(panel_split *split) {
  static const float zeros[PANEL] __attribute__((aligned(64)));
  size_t left = split->pairs - split->pair;
  size_t count = split->pairsAtOnce < left ? split->pairsAtOnce : left;
  for (; count > 0; count--, split->pair++) {
    size_t d = 2 * split->pair;
    const float *upper = d < split->depth ? split->panel + d * PANEL : zeros;
    const float *lower = d + 1 < split->depth ? upper + PANEL : zeros;
    for (size_t half = 0; half < PANEL / SIDE; half++)
      split_pair(upper + half * SIDE, lower + half * SIDE,
                 &split->target[split->pair / (STEP / 2)][half], split->pair % (STEP / 2));
  }
}

TARGET static void split_rest(panel_split *split) {
  split->pairsAtOnce = split->pairs;
  split_more(split);
}

// MARK: Products

// One part of one or two row tiles, one part of one or two column tiles, their products.
#define LOAD_ROWS(part)                   \
  _tile_loadd(4, pair[s][0][part], 2 * STEP); \
  if (rowTiles == 2) _tile_loadd(5, pair[s][1][part], 2 * STEP)
#define LOAD_COLUMNS(part)                     \
  _tile_loadd(6, panel[s][0][part], 2 * STEP); \
  if (columnTiles == 2) _tile_loadd(7, panel[s][1][part], 2 * STEP)
#define MULTIPLY                                   \
  _tile_dpbf16ps(0, 4, 6);                         \
  if (columnTiles == 2) _tile_dpbf16ps(1, 4, 7);   \
  if (rowTiles == 2) {                             \
    _tile_dpbf16ps(2, 5, 6);                       \
    if (columnTiles == 2) _tile_dpbf16ps(3, 5, 7); \
  }

// Where a block's sums are, rows `stride` apart.
typedef struct {
  float *first;
  size_t stride;
} block;

// Adds a band's products to the sums at `sums`, or begins them, and leaves them at `target`.
INLINE void multiply(size_t rowTiles, size_t columnTiles, size_t steps, tiles (*pair)[2],
                     tiles (*panel)[PANEL / SIDE], block sums, block target, panel_split *next) {
  if (sums.first) {
    size_t bytes = sums.stride * sizeof(float);
    _tile_loadd(0, sums.first, bytes);
    if (columnTiles == 2) _tile_loadd(1, sums.first + SIDE, bytes);
    if (rowTiles == 2) {
      float *below = sums.first + SIDE * sums.stride;
      _tile_loadd(2, below, bytes);
      if (columnTiles == 2) _tile_loadd(3, below + SIDE, bytes);
    }
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  // Small products first; from one to the next only one side changes its part.
  for (size_t s = 0; s < steps; s++) {
    LOAD_COLUMNS(HIGH);
    LOAD_ROWS(LOW);
    MULTIPLY;
    LOAD_ROWS(MIDDLE);
    MULTIPLY;
    LOAD_COLUMNS(MIDDLE);
    MULTIPLY;
    LOAD_ROWS(HIGH);
    MULTIPLY;
    LOAD_COLUMNS(LOW);
    MULTIPLY;
    LOAD_COLUMNS(HIGH);
    MULTIPLY;
    split_more(next);
  }
  size_t bytes = target.stride * sizeof(float);
  _tile_stored(0, target.first, bytes);
  if (columnTiles == 2) _tile_stored(1, target.first + SIDE, bytes);
  if (rowTiles == 2) {
    float *below = target.first + SIDE * target.stride;
    _tile_stored(2, below, bytes);
    if (columnTiles == 2) _tile_stored(3, below + SIDE, bytes);
  }
}

// Counts that the compiler knows make the conditions vanish.
TARGET static void multiply_any(size_t rowTiles, size_t columnTiles, size_t steps, tiles (*pair)[2],
                                tiles (*panel)[PANEL / SIDE], block sums, block target,
                                panel_split *next) {
  if (rowTiles == 2 && columnTiles == 2)
    multiply(2, 2, steps, pair, panel, sums, target, next);
  else if (rowTiles == 2)
    multiply(2, 1, steps, pair, panel, sums, target, next);
  else if (columnTiles == 2)
    multiply(1, 2, steps, pair, panel, sums, target, next);
  else
    multiply(1, 1, steps, pair, panel, sums, target, next);
}

// A block of Y whose sums lie beside it.
typedef struct {
  float (*sums)[PANEL];
  float *y;
  size_t rows, columns, column;
} finished_block;

// Bias and PReLU, on the way from the sums to Y.
INLINE void finish(const tessera_matmul_layer *layer, const finished_block *b, size_t yStride) {
  const __m512 slope = _mm512_set1_ps(layer->slope);
  for (size_t first = 0; first < b->columns; first += SIDE) {
    size_t count = b->columns - first < SIDE ? b->columns - first : SIDE;
    __mmask16 lanes = (__mmask16)((1u << count) - 1);
    __m512 bias = layer->bias ? _mm512_maskz_loadu_ps(lanes, layer->bias + b->column + first)
                              : _mm512_setzero_ps();
    for (size_t r = 0; r < b->rows; r++) {
      __m512 value = _mm512_add_ps(_mm512_load_ps(b->sums[r] + first), bias);
      __mmask16 negative = _mm512_cmp_ps_mask(value, _mm512_setzero_ps(), _CMP_LT_OQ);
      value = _mm512_mask_mul_ps(value, negative, value, slope);
      _mm512_mask_storeu_ps(b->y + r * yStride + first, lanes, value);
    }
  }
}

// The rows' products with one panel, whose parts are ready.
TARGET static void pass(const tessera_matmul_layer *layer, size_t column, const depth_band *band,
                        size_t buffer, size_t rows, float *y, size_t yStride, panel_split *next) {
  size_t steps = (band->to - band->from + STEP - 1) / STEP;
  size_t columns = layer->columns - column < PANEL ? layer->columns - column : PANEL;
  size_t columnTiles = columns > SIDE ? 2 : 1;
  int isPlain = !layer->bias && layer->slope == 1;
  finished_block last = {.rows = 0};
  for (size_t row = 0; row < rows; row += 2 * SIDE) {
    size_t count = rows - row < 2 * SIDE ? rows - row : 2 * SIDE;
    size_t rowTiles = count > SIDE ? 2 : 1;
    float *start = y + row * yStride + column;
    float(*beside)[PANEL] = space.sums[row / (2 * SIDE) % 2];
    int isWhole = count == rowTiles * SIDE && columns == columnTiles * SIDE;
    block there = {start, yStride}, here = {beside[0], PANEL};
    block sums = band->isFirst ? (block){NULL, 0} : isWhole ? there : here;
    block target = isWhole && (!band->isLast || isPlain) ? there : here;
    if (sums.first == here.first)
      for (size_t r = 0; r < count; r++)
        memcpy(beside[r], start + r * yStride, columns * sizeof(float));
    multiply_any(rowTiles, columnTiles, steps, space.rows[row / (2 * SIDE)], space.panels[buffer], sums,
                 target, next);
    if (target.first == there.first) continue;
    if (!band->isLast) {
      for (size_t r = 0; r < count; r++)
        memcpy(start + r * yStride, beside[r], columns * sizeof(float));
      continue;
    }
    // The last block, not this one, whose products the unit is still busy with.
    if (last.rows > 0) finish(layer, &last, yStride);
    last = (finished_block){beside, start, count, columns, column};
  }
  if (last.rows > 0) finish(layer, &last, yStride);
}

// Bands lie on a grid that begins at the layer's depth 0.
static size_t band_end(size_t from, size_t end) {
  size_t to = (from / DEPTH_BAND + 1) * DEPTH_BAND;
  return to < end ? to : end;
}

TARGET void tessera_matmul_tiles(const tessera_matmul_layer *layer, const tessera_matmul_taps *taps,
                                 size_t rows, const float *x, size_t xStride, float *y,
                                 size_t yStride) {
  struct {
    uint8_t palette, startRow, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } shape __attribute__((aligned(64))) = {.palette = 1};
  for (size_t i = 0; i < 8; i++) {
    shape.bytes[i] = 2 * STEP;
    shape.rows[i] = SIDE;
  }
  _tile_loadconfig(&shape);
  depth_band band = {.length = layer->depth / taps->count,
                     .first = taps->first,
                     .end = taps->first + taps->used,
                     .stride = taps->stride};
  // Bands begin where they would if all runs were there: zeros change no bit.
  const size_t begin = band.first * band.length / STEP * STEP, end = band.end * band.length;
  size_t buffer = 0;
  panel_split next = {.panel = NULL};
  for (size_t top = 0; top < rows; top += ROW_BAND) {
    size_t count = rows - top < ROW_BAND ? rows - top : ROW_BAND;
    for (band.to = begin; band.to == begin || band.to < end;) {
      band.from = band.to;
      band.to = band_end(band.from, end);
      band.isFirst = band.from == begin;
      band.isLast = band.to == end;
      split_rows(&band, count, x + top * xStride, xStride);
      for (size_t column = 0; column < layer->columns; column += PANEL) {
        if (!next.panel)
          next = begin_split(layer->packed + column * layer->depth + band.from * PANEL,
                             band.to - band.from, buffer, 1);
        split_rest(&next);
        size_t nextColumn = column + PANEL, from = band.from;
        if (nextColumn >= layer->columns) {
          nextColumn = 0;
          from = band.isLast ? begin : band.to;
        }
        size_t visits =
            (count + 2 * SIDE - 1) / (2 * SIDE) * ((band.to - band.from + STEP - 1) / STEP);
        next = begin_split(layer->packed + nextColumn * layer->depth + from * PANEL,
                           band_end(from, end) - from, 1 - buffer, visits);
        if (nextColumn == 0 && band.isLast && top + ROW_BAND >= rows) next.pairs = 0;
        pass(layer, column, &band, buffer, count, y + top * yStride, yStride, &next);
        buffer = 1 - buffer;
      }
    }
  }
  _tile_release();
}

// MARK: Choice

static int ask_for_tiles(void) {
  const char *wish = getenv("TESSERA_MATRIX_TILES");
  if (wish && !strcmp(wish, "0")) return 0;
  if (tessera_processor_level() < 2 || !__builtin_cpu_supports("amx-bf16")) return 0;
  // The kernel keeps 8 KB more of state for threads that use tiles, and wants to be asked.
  const long requestPermission = 0x1023, tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

int tessera_matmul_uses_tiles(const tessera_matmul_layer *layer) {
  static int available = -1;
  int known = __atomic_load_n(&available, __ATOMIC_RELAXED);
  if (known < 0) {
    known = ask_for_tiles();
    __atomic_store_n(&available, known, __ATOMIC_RELAXED);
  }
  // Splitting rows and weights must be worth it, and not too much of the tiles be padding.
  if (!known || layer->rowsAreFew || layer->depth < 2 * STEP || layer->columns < 3 * SIDE) return 0;
  size_t depth = (layer->depth + STEP - 1) / STEP * STEP;
  size_t columns = (layer->columns + SIDE - 1) / SIDE * SIDE;
  return 4 * layer->depth * layer->columns >= 3 * depth * columns;
}
#else
int tessera_matmul_uses_tiles(const tessera_matmul_layer *layer) { return 0; }

void tessera_matmul_tiles(const tessera_matmul_layer *layer, const tessera_matmul_taps *taps,
                          size_t rows, const float *x, size_t xStride, float *y, size_t yStride) {
  __builtin_trap();
}
#endif
