// Memory behind the NPU's AXI4 master: in order, several bursts under way, kBytes a beat.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "events.h"
#include "memory.h"

namespace systole {

// The chip's side of AR or AW in one cycle.
struct AxiAddress {
  uint32_t valid, address, length, size, burst;
};

constexpr uint32_t kMaxBeats = 16;
constexpr uint32_t kIncrementing = 1;
constexpr uint8_t kSlaveError = 2;

// Rules that AR and AW share.
class AddressCheck {
 public:
  AddressCheck(Port id, uint32_t bytes) : id_(id), bytes_(bytes) {}
  void reset() { waiting_.valid = 0; }

  void look(uint64_t cycle, const AxiAddress& now, bool ready, Events& events) {
    if (waiting_.valid && !(now.valid && now.address == waiting_.address && now.length == waiting_.length))
      events.protocol(cycle, id_, kRequestChanged, waiting_.address);
    waiting_ = now;
    waiting_.valid = now.valid && !ready;
    if (!now.valid || !ready) return;
    if (now.address & (bytes_ - 1)) events.protocol(cycle, id_, kMisaligned, now.address);
    if (1u << now.size != bytes_ || now.burst != kIncrementing)
      events.protocol(cycle, id_, kBadForm, now.size << 2 | now.burst);
    if (now.length >= kMaxBeats) events.protocol(cycle, id_, kLongBurst, now.address);
    const uint32_t last = now.address + now.length * bytes_;
    if (now.address >> kPageBits != last >> kPageBits) events.protocol(cycle, id_, kCrossesPage, now.address);
  }

 private:
  Port id_;
  uint32_t bytes_;
  AxiAddress waiting_{};
};

template <uint32_t kBytes>
class AxiRead {
 public:
  explicit AxiRead(Ram& ram) : ram_(ram) {}

  Stalls stalls{};
  // Inputs of the chip in this cycle.
  uint8_t arready = 0, rvalid = 0, rresp = 0, rlast = 0;
  uint8_t rdata[kBytes] = {};

  void reset(uint64_t seed) {
    random_.seed(seed);
    bursts_.clear();
    check_.reset();
    last_due_ = 0;
    arready = rvalid = rresp = rlast = 0;
  }

  void begin(uint64_t cycle) {
    arready = !bursts_.full() && !random_.chance(stalls.request);
    if (rvalid || bursts_.empty() || bursts_.front().due > cycle || random_.chance(stalls.data)) return;
    const Burst& burst = bursts_.front();
    const bool error = stalls.fails(random_, burst.address) || !ram_.contains(burst.address, kBytes);
    if (error)
      std::memset(rdata, 0xba, kBytes);
    else
      ram_.read(burst.address, rdata, kBytes);
    rresp = error ? kSlaveError : 0;
    rlast = burst.beats_left == 1;
    rvalid = 1;
  }

  template <bool kRecord>
  void end(uint64_t cycle, const AxiAddress& ar, bool rready, Events& events) {
    if (kRecord)
      check_.look(cycle, ar, arready, events);
    else
      check_.reset();
    if (rvalid && rready) {
      Burst& burst = bursts_.front();
      if (kRecord && rresp) events.bus_error(cycle, kAxiRead, burst.address);
      burst.address += kBytes;
      if (--burst.beats_left == 0) bursts_.pop();
      rvalid = 0;
    }
    if (ar.valid && arready) {
      const uint64_t due = cycle + 1 + random_.between(stalls.min_latency, stalls.max_latency);
      last_due_ = std::max(due, last_due_);
      bursts_.push(Burst{last_due_, ar.address & ~(kBytes - 1), ar.length + 1});
    }
  }

 private:
  struct Burst {
    uint64_t due;
    uint32_t address, beats_left;
  };

  Ram& ram_;
  Random random_;
  Fifo<Burst, 32> bursts_;
  AddressCheck check_{kAxiRead, kBytes};
  uint64_t last_due_ = 0;
};

// The chip's side of W in one cycle.
template <uint32_t kBytes>
struct AxiBeat {
  uint32_t valid, strobe, last;
  uint8_t data[kBytes];
};

template <uint32_t kBytes>
class AxiWrite {
 public:
  explicit AxiWrite(Ram& ram) : ram_(ram) {}

  Stalls stalls{};
  // Inputs of the chip in this cycle.
  uint8_t awready = 0, wready = 0, bvalid = 0, bresp = 0;

  void reset(uint64_t seed) {
    random_.seed(seed);
    bursts_.clear();
    beats_.clear();
    answers_.clear();
    check_.reset();
    waiting_.valid = 0;
    last_due_ = 0;
    awready = wready = bvalid = bresp = 0;
  }

  // Data may be taken before its address, as AXI allows.
  void begin(uint64_t cycle) {
    awready = !bursts_.full() && !random_.chance(stalls.request);
    wready = !beats_.full() && !random_.chance(stalls.data);
    if (bvalid || answers_.empty() || answers_.front().due > cycle) return;
    bvalid = 1;
    bresp = answers_.front().error ? kSlaveError : 0;
  }

  template <bool kRecord>
  void end(uint64_t cycle, const AxiAddress& aw, const AxiBeat<kBytes>& w, bool bready, Events& events) {
    if (kRecord) {
      check_.look(cycle, aw, awready, events);
      check_beat(cycle, w, events);
    } else {
      check_.reset();
      waiting_.valid = 0;
    }
    if (bvalid && bready) {
      if (kRecord && bresp) events.bus_error(cycle, kAxiWrite, answers_.front().address);
      answers_.pop();
      bvalid = 0;
    }
    if (aw.valid && awready) {
      const uint32_t address = aw.address & ~(kBytes - 1);
      const bool error = stalls.fails(random_, address) || !ram_.contains(address, kBytes);
      bursts_.push(Burst{address, address, aw.length + 1, error});
    }
    if (w.valid && wready) beats_.push(w);
    if (!bursts_.empty() && !beats_.empty() && !answers_.full()) perform<kRecord>(cycle, events);
  }

 private:
  struct Burst {
    uint32_t first, address, beats_left;
    bool error;
  };
  struct Answer {
    uint64_t due;
    uint32_t address;
    bool error;
  };

  // One beat a cycle reaches memory, where it is visible to every port from the next cycle on.
  // A burst that is answered with an error writes nothing.
  template <bool kRecord>
  void perform(uint64_t cycle, Events& events) {
    Burst& burst = bursts_.front();
    const AxiBeat<kBytes>& beat = beats_.front();
    if (kRecord && static_cast<bool>(beat.last) != (burst.beats_left == 1))
      events.protocol(cycle, kAxiWrite, kBadLast, burst.address);
    burst.error |= !ram_.contains(burst.address, kBytes);
    if (!burst.error) ram_.write_strobed(burst.address, beat.data, beat.strobe, kBytes);
    if (kRecord && beat.strobe) {
      Record& record = events.add(kNpuWrite, cycle);
      record.word[0] |= static_cast<uint32_t>(burst.error) << 8;
      record.word[2] = burst.address;
      record.word[3] = beat.strobe;
      std::memcpy(&record.word[4], beat.data, kBytes);
    }
    beats_.pop();
    burst.address += kBytes;
    if (--burst.beats_left != 0) return;
    const uint64_t due = cycle + 1 + random_.between(stalls.min_latency, stalls.max_latency);
    last_due_ = std::max(due, last_due_);
    answers_.push(Answer{last_due_, burst.first, burst.error});
    bursts_.pop();
  }

  void check_beat(uint64_t cycle, const AxiBeat<kBytes>& w, Events& events) {
    if (waiting_.valid && !(w.valid && w.strobe == waiting_.strobe && w.last == waiting_.last &&
                            std::memcmp(w.data, waiting_.data, kBytes) == 0))
      events.protocol(cycle, kAxiWrite, kRequestChanged, waiting_.strobe);
    const bool waits = w.valid && !wready;
    if (waits) waiting_ = w;
    waiting_.valid = waits;
  }

  Ram& ram_;
  Random random_;
  Fifo<Burst, 32> bursts_;
  Fifo<AxiBeat<kBytes>, 64> beats_;
  Fifo<Answer, 64> answers_;
  AddressCheck check_{kAxiWrite, kBytes};
  AxiBeat<kBytes> waiting_{};  // The beat that was not accepted in the cycle before, if valid.
  uint64_t last_due_ = 0;
};

}  // namespace systole
