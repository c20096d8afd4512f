/* Finds, sorts and reverses in a linked list whose nodes lie scattered in memory. */
#include "bench.h"

enum { NODES = 48, SEARCHES = 12 };

struct node {
    struct node *next;
    int16_t key, index;
};

static struct node nodes[NODES];

const unsigned iterations = 4;
const uint32_t expected = 0x81e96a46u;

static struct node *build(void)
{
    struct node *head = NULL;
    uint32_t state = 2463534242u;
    for (int i = 0; i < NODES; i++) {
        /* 29 and 48 have no common divisor, so every node comes once. */
        struct node *node = &nodes[i * 29 % NODES];
        node->key = (int16_t)(random_word(&state) >> 20);
        node->index = (int16_t)i;
        node->next = head;
        head = node;
    }
    return head;
}

static const struct node *find(const struct node *list, int16_t key)
{
    while (list && list->key != key)
        list = list->next;
    return list;
}

static struct node *reverse(struct node *list)
{
    struct node *done = NULL;
    while (list) {
        struct node *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

typedef int (*order)(const struct node *, const struct node *);

static int by_key(const struct node *a, const struct node *b)
{
    return a->key - b->key;
}

static int by_index(const struct node *a, const struct node *b)
{
    return a->index - b->index;
}

static struct node *merge(struct node *a, struct node *b, order compare)
{
    struct node *head = NULL, **tail = &head;
    while (a && b) {
        struct node **from = compare(a, b) <= 0 ? &a : &b;
        *tail = *from;
        tail = &(*tail)->next;
        *from = *tail;
    }
    *tail = a ? a : b;
    return head;
}

static struct node *sort(struct node *list, order compare)
{
    if (!list || !list->next)
        return list;
    struct node *middle = list;
    for (struct node *end = list->next; end && end->next; end = end->next->next)
        middle = middle->next;
    struct node *second = middle->next;
    middle->next = NULL;
    return merge(sort(list, compare), sort(second, compare), compare);
}

static struct node *list;

void prepare(void)
{
    list = build();
}

uint32_t iterate(void)
{
    uint32_t result = 0;
    for (int i = 0; i < SEARCHES; i++) {
        const struct node *found = find(list, nodes[i * 4].key);
        result = result * 31 + (found ? (uint32_t)found->index : 1000);
        list = reverse(list);
    }
    list = sort(list, by_key);
    for (const struct node *node = list; node; node = node->next) {
        if (node->next && node->key > node->next->key)
            return 0;
        result = result * 31 + (uint32_t)node->index;
    }
    list = reverse(sort(list, by_index));
    return result;
}
