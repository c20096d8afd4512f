// Memory behind the hart's instruction port (32 or 64 bits) and data port (32 bits).
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "events.h"
#include "memory.h"

namespace systole {

// The chip's side of a request channel in one cycle.
struct WordRequest {
  uint32_t valid, address, write, wdata, wstrb;

  bool same_payload(const WordRequest& other) const {
    return address == other.address && write == other.write && wdata == other.wdata && wstrb == other.wstrb;
  }
};

// A port of kBytes, 4 or 8; only one of 4 is written to.
template <uint32_t kBytes>
class WordPort {
 public:
  using Data = std::conditional_t<kBytes == 8, uint64_t, uint32_t>;

  WordPort(Port id, Ram& ram) : ram_(ram), id_(id) {}

  Stalls stalls{};
  // Inputs of the chip in this cycle.
  uint8_t req_ready = 0, rsp_valid = 0, rsp_error = 0;
  Data rsp_rdata = 0;

  void reset(uint64_t seed) {
    random_.seed(seed);
    queue_.clear();
    waiting_ = WordRequest{};
    last_due_ = 0;
    req_ready = rsp_valid = rsp_error = 0;
    rsp_rdata = 0;
  }

  // Settles the inputs of the chip for a cycle.
  template <bool kRecord>
  void begin(uint64_t cycle, Events& events) {
    req_ready = !queue_.full() && !random_.chance(stalls.request);
    rsp_valid = !queue_.empty() && queue_.front().due <= cycle;
    if (!rsp_valid) return;
    const Response& response = queue_.front();
    rsp_rdata = response.data;
    rsp_error = response.error;
    if (kRecord && response.error) events.bus_error(cycle, id_, response.address);
    queue_.pop();
  }

  // Looks at the outputs of the chip at the end of the cycle.
  template <bool kRecord>
  void end(uint64_t cycle, const WordRequest& request, Events& events) {
    if (kRecord)
      check(cycle, request, events);
    else
      waiting_.valid = 0;
    if (request.valid && req_ready) accept(cycle, request);
  }

  // Nothing is under way at the end of the cycle, and nothing was answered in it.
  bool idle() const { return queue_.empty() && !rsp_valid; }

 private:
  struct Response {
    uint64_t due;
    Data data;
    uint32_t address;
    bool error;
  };

  void accept(uint64_t cycle, const WordRequest& request) {
    const uint64_t due = cycle + 1 + random_.between(stalls.min_latency, stalls.max_latency);
    last_due_ = std::max(due, last_due_ + 1);
    const uint32_t address = request.address & ~(kBytes - 1);
    const bool error = stalls.fails(random_, address) || !ram_.contains(address, kBytes);
    // What an error or a write returns is nobody's business: make it visible if it is used.
    Data data = static_cast<Data>(0xbad0bad0bad0bad0u);
    if (!error && request.write)
      ram_.write_strobed(address, reinterpret_cast<const uint8_t*>(&request.wdata), request.wstrb, 4);
    else if (!error)
      ram_.read(address, &data, kBytes);
    queue_.push(Response{last_due_, data, request.address, error});
  }

  void check(uint64_t cycle, const WordRequest& request, Events& events) {
    if (waiting_.valid && !(request.valid && request.same_payload(waiting_)))
      events.protocol(cycle, id_, kRequestChanged, waiting_.address);
    if (request.valid && (request.address & (kBytes - 1)))
      events.protocol(cycle, id_, kMisaligned, request.address);
    if (request.valid && !request.write && request.wstrb)
      events.protocol(cycle, id_, kBadStrobe, request.address);
    waiting_ = request;
    waiting_.valid = request.valid && !req_ready;
  }

  Ram& ram_;
  Port id_;
  Random random_;
  Fifo<Response, 64> queue_;
  WordRequest waiting_{};  // The request that was not accepted in the cycle before, if valid.
  uint64_t last_due_ = 0;
};

}  // namespace systole
