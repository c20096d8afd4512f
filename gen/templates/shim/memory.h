// RAM with dirty-page tracking, and the random numbers of one port.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace systole {

constexpr uint32_t kRamBase = 0x80000000u;
constexpr uint32_t kPageBits = 12;

// Zero-filled memory from kRamBase. The allocator hands out untouched zero pages, and `clear`
// touches dirty pages only, so a large RAM costs nothing until a program uses it.
class Ram {
 public:
  explicit Ram(uint32_t bytes)
      : bytes_(bytes), data_(static_cast<uint8_t*>(std::calloc(bytes, 1))), dirty_(bytes >> kPageBits) {
    if (!data_) throw std::bad_alloc();
  }

  bool contains(uint32_t address, uint64_t length) const {
    const uint32_t offset = address - kRamBase;
    return offset < bytes_ && length <= bytes_ - offset;
  }

  // The rest asks for an address that `contains` accepted.
  void read(uint32_t address, void* to, size_t length) const {
    std::memcpy(to, data_.get() + (address - kRamBase), length);
  }

  void write(uint32_t address, const uint8_t* from, size_t length) {
    const uint32_t offset = address - kRamBase;
    for (size_t page = offset >> kPageBits; length != 0 && page <= (offset + length - 1) >> kPageBits; ++page)
      mark(page);
    std::memcpy(data_.get() + offset, from, length);
  }

  // Bytes of an aligned bus word whose strobe bit is set.
  void write_strobed(uint32_t address, const uint8_t* from, uint32_t strobe, size_t length) {
    const uint32_t offset = address - kRamBase;
    mark(offset >> kPageBits);
    for (size_t i = 0; i < length; ++i)
      if (strobe >> i & 1) data_.get()[offset + i] = from[i];
  }

  void clear() {
    for (const uint32_t page : pages_) {
      std::memset(data_.get() + (size_t{page} << kPageBits), 0, size_t{1} << kPageBits);
      dirty_[page] = 0;
    }
    pages_.clear();
  }

 private:
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };

  void mark(size_t page) {
    if (dirty_[page]) return;
    dirty_[page] = 1;
    pages_.push_back(static_cast<uint32_t>(page));
  }

  uint32_t bytes_;
  std::unique_ptr<uint8_t, Free> data_;
  std::vector<uint8_t> dirty_;  // One flag a page.
  std::vector<uint32_t> pages_;  // Pages whose flag is set.
};

// SplitMix64: small state, one draw in a few instructions.
class Random {
 public:
  void seed(uint64_t seed) { state_ = seed; }

  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // True with probability `of_65536` / 65536; draws nothing when that is 0.
  bool chance(uint16_t of_65536) { return of_65536 != 0 && (next() & 0xffff) < of_65536; }

  // Uniform in low..=high (low when high is not above it).
  uint32_t between(uint16_t low, uint16_t high) {
    return high <= low ? low : low + static_cast<uint32_t>(next() % (uint32_t{high} - low + 1u));
  }

 private:
  uint64_t state_ = 0;
};

// How a port misbehaves; all zero is an ideal memory.
struct Stalls {
  uint16_t request;  // Chance out of 65536 that a request is not accepted in a cycle.
  uint16_t data;  // AXI: chance that a beat is held back in a cycle.
  uint16_t error;  // Chance that a response (read beat, write burst) is an error.
  uint16_t min_latency;  // Cycles beyond the least, uniform in min..=max.
  uint16_t max_latency;
  uint32_t safe_from;  // Addresses from here to safe_to - 1 never fail by chance.
  uint32_t safe_to;

  // Whether a response is an error by chance. A draw is made whatever the address.
  bool fails(Random& random, uint32_t address) const {
    return random.chance(error) && address - safe_from >= safe_to - safe_from;
  }
};

// First in, first out, of fixed capacity (a power of two).
template <typename T, uint32_t kCapacity>
class Fifo {
 public:
  bool empty() const { return head_ == tail_; }
  bool full() const { return tail_ - head_ == kCapacity; }
  T& front() { return items_[head_ % kCapacity]; }
  void push(const T& item) { items_[tail_++ % kCapacity] = item; }
  void pop() { ++head_; }
  void clear() { head_ = tail_ = 0; }

 private:
  T items_[kCapacity];
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

}  // namespace systole
