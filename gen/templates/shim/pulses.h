// When the NPU's jobs and descriptors begin and end: pulses of the ports npu_job_* and npu_unit_*.
// sim/verilator-sys declares the same layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systole {

// A cycle in which something began or ended.
struct Pulses {
  uint64_t cycle;
  uint8_t started;  // A bit for each unit: LOAD, EXEC, STORE.
  uint8_t completed;
  bool job_start;
  bool job_end;
};

// Kept only if that was asked for.
class PulseLog {
 public:
  void keep(bool on) { on_ = on; }
  void clear() { log_.clear(); }
  size_t size() const { return log_.size(); }
  const Pulses* data() const { return log_.data(); }

  template <typename Top>
  void look(uint64_t cycle, const Top& top) {
    if (!on_) return;
    if (!(top.npu_unit_started | top.npu_unit_completed | top.npu_job_start | top.npu_job_end)) return;
    log_.push_back(Pulses{cycle, static_cast<uint8_t>(top.npu_unit_started),
                          static_cast<uint8_t>(top.npu_unit_completed), top.npu_job_start != 0,
                          top.npu_job_end != 0});
  }

 private:
  std::vector<Pulses> log_;
  bool on_ = false;
};

}  // namespace systole
