// What the chip did, as fixed records in cycle order. sim/src/event.rs decodes the same layout.
#pragma once

#include <cstdint>
#include <cstring>

namespace systole {

// 64 bytes. Word 0 holds the kind in bits 7:0, word 1 the low half of the cycle number.
struct alignas(64) Record {
  uint32_t word[16];
};

enum Kind : uint32_t { kRetire = 0, kNpuWrite = 1, kNpuJobEnd = 2, kBusError = 3, kProtocol = 4 };

enum Port : uint32_t { kIbus = 0, kDbus = 1, kAxiRead = 2, kAxiWrite = 3, kRvfi = 4 };

enum Violation : uint32_t {
  kRequestChanged = 0,  // Valid withdrawn, or its payload changed, before ready.
  kMisaligned = 1,  // Address not a multiple of the bus width.
  kBadStrobe = 2,  // A read with strobes.
  kLongBurst = 3,  // More than 16 beats.
  kCrossesPage = 4,  // A burst across a 4 KiB boundary.
  kBadLast = 5,  // WLAST not exactly on the last beat.
  kRetireOrder = 6,  // rvfi_order did not count by one from zero.
  kBadForm = 7,  // Not a burst of full-width beats at rising addresses.
};

class Events {
 public:
  static constexpr uint32_t kCapacity = 4096;
  // A cycle can add at most this many records.
  static constexpr uint32_t kHeadroom = 32;

  bool full() const { return size_ > kCapacity - kHeadroom; }
  const Record* data() const { return records_; }
  uint32_t size() const { return size_; }
  void clear() { size_ = 0; }

  Record& add() { return records_[size_++]; }

  Record& add(Kind kind, uint64_t cycle) {
    Record& record = add();
    std::memset(&record, 0, sizeof record);
    record.word[0] = kind;
    record.word[1] = static_cast<uint32_t>(cycle);
    return record;
  }

  void bus_error(uint64_t cycle, Port port, uint32_t address) {
    Record& record = add(kBusError, cycle);
    record.word[2] = port;
    record.word[3] = address;
  }

  void protocol(uint64_t cycle, Port port, Violation violation, uint32_t detail) {
    Record& record = add(kProtocol, cycle);
    record.word[2] = port;
    record.word[3] = violation;
    record.word[4] = detail;
  }

 private:
  Record records_[kCapacity];
  uint32_t size_ = 0;
};

}  // namespace systole
