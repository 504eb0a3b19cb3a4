/* Drives the AArch64 switch as the crate does: fresh stacks laid out as arch::prepare does it,
 * words and tags both ways, registers that must survive, the departure of a finished one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t greenlet_switch(void **from, void *const *to, uint64_t word, uint64_t *tag);
void *greenlet_trampoline(void);

struct departure { uint64_t sp_and_tag, word; };
typedef struct departure (*entry_fn)(void *argument, uint64_t word);

#define CHECK(what) do { if (!(what)) { printf("FAILED line %d: %s\n", __LINE__, #what); exit(1); } } while (0)

static void *main_sp, *a_sp, *b_sp;

/* As arch::prepare: trampoline, argument, entry, 0 below the top. */
static void *prepare(char *top, void *argument, entry_fn entry) {
    void **frame = (void **)(top - 32);
    CHECK(((uintptr_t)top & 15) == 0);
    frame[0] = greenlet_trampoline();
    frame[1] = argument;
    frame[2] = (void *)entry;
    frame[3] = 0;
    return frame;
}

/* Keeps values in every register that the ABI says survives a call, across `turn`. */
static uint64_t with_full_registers(uint64_t seed, uint64_t (*turn)(uint64_t), uint64_t argument) {
    volatile uint64_t s = seed;
    uint64_t i0 = s, i1 = s + 1, i2 = s + 2, i3 = s + 3, i4 = s + 4, i5 = s + 5, i6 = s + 6, i7 = s + 7, i8 = s + 8;
    double d0 = s, d1 = s + 0.5, d2 = s + 1.5, d3 = s + 2.5, d4 = s + 3.5, d5 = s + 4.5, d6 = s + 5.5, d7 = s + 6.5;
    __asm__ volatile("" : "+r"(i0), "+r"(i1), "+r"(i2), "+r"(i3), "+r"(i4), "+r"(i5), "+r"(i6), "+r"(i7), "+r"(i8));
    __asm__ volatile("" : "+w"(d0), "+w"(d1), "+w"(d2), "+w"(d3), "+w"(d4), "+w"(d5), "+w"(d6), "+w"(d7));
    uint64_t got = turn(argument);
    __asm__ volatile("" : "+r"(i0), "+r"(i1), "+r"(i2), "+r"(i3), "+r"(i4), "+r"(i5), "+r"(i6), "+r"(i7), "+r"(i8));
    __asm__ volatile("" : "+w"(d0), "+w"(d1), "+w"(d2), "+w"(d3), "+w"(d4), "+w"(d5), "+w"(d6), "+w"(d7));
    CHECK(i0 + i1 + i2 + i3 + i4 + i5 + i6 + i7 + i8 == 9 * seed + 36);
    CHECK(d0 + d1 + d2 + d3 + d4 + d5 + d6 + d7 == 8.0 * seed + 24.5);
    return got;
}

static uint64_t main_to_a(uint64_t word) { uint64_t tag = 0; return greenlet_switch(&main_sp, &a_sp, word, &tag); }
static uint64_t a_to_b(uint64_t word) { uint64_t tag = 0; return greenlet_switch(&a_sp, &b_sp, word, &tag); }
static uint64_t b_to_main(uint64_t word) { uint64_t tag = 0; return greenlet_switch(&b_sp, &main_sp, word, &tag); }
static uint64_t main_to_b(uint64_t word) { uint64_t tag = 0; return greenlet_switch(&main_sp, &b_sp, word, &tag); }

static int local_argument = 42;

/* A ring main -> a -> b -> main, each adding one; a leaves for main with tag 5 at the end. */
static struct departure body_a(void *argument, uint64_t word) {
    CHECK(argument == &local_argument);
    CHECK(((uintptr_t)__builtin_frame_address(0) & 15) == 0);
    void **frame = __builtin_frame_address(0);
    CHECK(frame[0] == 0); /* the chain of frame pointers ends here */
    while (word < 30000)
        word = with_full_registers(1000, a_to_b, word + 1);
    struct departure d = { (uint64_t)main_sp | 5, word + 7 };
    return d;
}

static struct departure body_b(void *argument, uint64_t word) {
    CHECK(argument == 0);
    for (;;)
        word = with_full_registers(2000, b_to_main, word + 1);
}

int main(void) {
    char *a = aligned_alloc(65536, 65536), *b = aligned_alloc(65536, 65536);
    CHECK(a && b);
    a_sp = prepare(a + 65536, &local_argument, body_a);
    b_sp = prepare(b + 65536, 0, body_b);
    /* To itself: straight back, with its own word and tag. */
    uint64_t tag = 3;
    CHECK(greenlet_switch(&main_sp, &main_sp, 99, &tag) == 99 && tag == 3);
    uint64_t word = 0, turns = 0;
    while (word < 29998) {
        word = with_full_registers(3000, main_to_a, word + 1);
        turns++;
    }
    CHECK(turns == 10000 && word == 30000);
    tag = 0;
    word = greenlet_switch(&main_sp, &a_sp, 40000, &tag);
    CHECK(word == 40007 && tag == 5);
    CHECK(with_full_registers(3000, main_to_b, 10) == 11);
    puts("ok: 10000 rounds of three stacks, registers kept, tag and departure");
    return 0;
}
