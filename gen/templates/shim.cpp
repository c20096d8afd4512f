// C interface to a Verilated systole_soc: the memory behind its ports, its events, its waves.
// sim/verilator-sys declares the same functions.

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "Vchip.h"
#include "axi_port.h"
#include "events.h"
#include "memory.h"
#include "pulses.h"
#include "verilated.h"
#include "word_port.h"
{%- if trace %}
#include "verilated_vcd_c.h"
{%- endif %}

// A model that cannot go on (a loop that does not settle, a failed $stop) must not take the whole
// process with it.
void vl_fatal(const char* file, int line, const char*, const char* message) {
  throw std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + message);
}
void vl_stop(const char* file, int line, const char* hierarchy) { vl_fatal(file, line, hierarchy, "$stop"); }
void vl_finish(const char* file, int line, const char* hierarchy) { vl_fatal(file, line, hierarchy, "$finish"); }

namespace systole {

constexpr uint32_t kAbi = {{ abi }};
{%- if npu %}
constexpr uint32_t kBusBytes = {{ bus_bytes }};
{%- endif %}
constexpr uint32_t kRamBytes = {{ ram_bytes }};
constexpr uint32_t kFetchBytes = {{ fetch_bytes }};
constexpr int kChannels = {{ retire_channels }};  // Instructions that can retire in a cycle.
constexpr int kResetCycles = 4;

// The bits of one retire channel in an rvfi port, where each channel has kBits.
template <int kBits, typename Port>
uint64_t lane(const Port& port, int channel) {
  if constexpr (std::is_integral_v<Port>) {
    return uint64_t{port} >> (kBits * channel) & ~uint64_t{0} >> (64 - kBits);
  } else {
    static_assert(kBits == 64, "only such ports are wider than a machine word");
    return port[2 * channel] | uint64_t{port[2 * channel + 1]} << 32;
  }
}

enum Stop : uint32_t { kLimit = 0, kBufferFull = 1, kWatch = 2, kHang = 3, kBroken = 4 };

class Chip {
 public:
  Chip() : ram_(kRamBytes) { reset(0); }

  // Everything but the stall profiles, the selected fault, the limits and what is kept starts anew.
  void reset(uint64_t seed) {
    stop_trace();
    ram_.clear();
    events_.clear();
    pulses_.clear();
    broken_.clear();
    Random seeds;
    seeds.seed(seed);
    ibus_.reset(seeds.next());
    dbus_.reset(seeds.next());
{%- if npu %}
    axi_read_.reset(seeds.next());
    axi_write_.reset(seeds.next());
{%- endif %}
    cycle_ = retired_ = last_retire_ = 0;
    watch_hit_ = false;
    try {
      make_model();
      hold_reset();
    } catch (const std::exception& error) {
      broken_ = error.what();
    }
  }

  Ram& ram() { return ram_; }
  const Events& events() const { return events_; }
  PulseLog& pulses() { return pulses_; }
  const PulseLog& pulses() const { return pulses_; }
  uint64_t cycle() const { return cycle_; }
  uint64_t retired() const { return retired_; }
  const char* broken() const { return broken_.c_str(); }
  bool data_idle() const { return dbus_.idle(); }
  void set_watch(uint32_t address) { watch_ = address; }
  void set_hang_limit(uint64_t cycles) { hang_limit_ = cycles ? cycles : ~uint64_t{0}; }

  void set_stalls(const Stalls profiles[4]) {
    ibus_.stalls = profiles[kIbus];
    dbus_.stalls = profiles[kDbus];
{%- if npu %}
    axi_read_.stalls = profiles[kAxiRead];
    axi_write_.stalls = profiles[kAxiWrite];
{%- endif %}
  }

  bool set_fault(uint16_t fault) {
{%- if faults %}
    fault_ = fault;
    top_->fault_select = fault;
    return true;
{%- else %}
    return fault == 0;
{%- endif %}
  }

  template <bool kRecord>
  Stop run(uint64_t max_cycles) {
    events_.clear();
    if (!broken_.empty()) return kBroken;
    const uint64_t end = max_cycles > ~cycle_ ? ~uint64_t{0} : cycle_ + max_cycles;
    try {
      while (cycle_ < end) {
        if (kRecord && events_.full()) return kBufferFull;
        step<kRecord>();
        if (watch_hit_) {
          watch_hit_ = false;
          return kWatch;
        }
        if (cycle_ - last_retire_ >= hang_limit_) return kHang;
      }
    } catch (const std::exception& error) {
      broken_ = error.what();
      return kBroken;
    }
    return kLimit;
  }

  // Dumps the cycles from..to; cycle c is the time 10 ns * c, and its rising edge the start of it.
  bool start_trace(const char* path, uint64_t from, uint64_t to) {
{%- if trace %}
    stop_trace();
    if (!broken_.empty()) return false;
    if (!vcd_) {
      vcd_ = std::make_unique<VerilatedVcdC>();
      top_->trace(vcd_.get(), 99);
    }
    vcd_path_ = path;
    trace_from_ = from;
    trace_to_ = to;
    return true;
{%- else %}
    (void)path, (void)from, (void)to;
    return false;
{%- endif %}
  }

  void stop_trace() {
{%- if trace %}
    if (vcd_ && vcd_->isOpen()) vcd_->close();
    trace_from_ = trace_to_ = 0;
{%- endif %}
  }

 private:
  // A fresh model: memories and registers that the reset leaves alone are zero again.
  void make_model() {
{%- if trace %}
    vcd_.reset();
{%- endif %}
    top_.reset();
    context_ = std::make_unique<VerilatedContext>();
    context_->threads(1);
{%- if trace %}
    context_->traceEverOn(true);
{%- endif %}
    top_ = std::make_unique<Vchip>(context_.get(), "");
{%- if faults %}
    top_->fault_select = fault_;
{%- endif %}
  }

  void hold_reset() {
    top_->rst = 1;
    for (int i = 0; i < kResetCycles; ++i) {
      top_->clk = 0;
      top_->eval();
      top_->clk = 1;
      top_->eval();
    }
    top_->rst = 0;
  }

  // One clock cycle: inputs settle, outputs are looked at, then comes the edge that ends it.
  template <bool kRecord>
  void step() {
    ibus_.begin<kRecord>(cycle_, events_);
    dbus_.begin<kRecord>(cycle_, events_);
{%- if npu %}
    axi_read_.begin(cycle_);
    axi_write_.begin(cycle_);
{%- endif %}
    drive();
    top_->clk = 0;
    top_->eval();
{%- if trace %}
    if (cycle_ >= trace_from_ && cycle_ < trace_to_) dump();
    if (cycle_ == trace_to_) stop_trace();
{%- endif %}
    look<kRecord>();
    top_->clk = 1;
    top_->eval();
    ++cycle_;
  }

  void drive() {
    Vchip& top = *top_;
    top.ibus_req_ready = ibus_.req_ready;
    top.ibus_rsp_valid = ibus_.rsp_valid;
    top.ibus_rsp_rdata = ibus_.rsp_rdata;
    top.ibus_rsp_error = ibus_.rsp_error;
    top.dbus_req_ready = dbus_.req_ready;
    top.dbus_rsp_valid = dbus_.rsp_valid;
    top.dbus_rsp_rdata = dbus_.rsp_rdata;
    top.dbus_rsp_error = dbus_.rsp_error;
{%- if npu %}
    drive_npu();
{%- endif %}
  }

  template <bool kRecord>
  void look() {
    const Vchip& top = *top_;
    ibus_.end<kRecord>(cycle_, WordRequest{top.ibus_req_valid, top.ibus_req_address, 0, 0, 0}, events_);
    dbus_.end<kRecord>(cycle_,
                       WordRequest{top.dbus_req_valid, top.dbus_req_address, top.dbus_req_write,
                                   top.dbus_req_wdata, top.dbus_req_wstrb},
                       events_);
{%- if npu %}
    look_at_npu<kRecord>();
{%- endif %}
    if (!top.rvfi_valid) return;
    for (int channel = 0; channel < kChannels; ++channel)
      if (lane<1>(top.rvfi_valid, channel)) retire<kRecord>(channel);
    last_retire_ = cycle_;
  }
{%- if npu %}

  void drive_npu() {
    Vchip& top = *top_;
    top.m_axi_arready = axi_read_.arready;
    top.m_axi_rvalid = axi_read_.rvalid;
    top.m_axi_rresp = axi_read_.rresp;
    top.m_axi_rlast = axi_read_.rlast;
    if (axi_read_.rvalid) std::memcpy(&top.m_axi_rdata, axi_read_.rdata, kBusBytes);
    top.m_axi_awready = axi_write_.awready;
    top.m_axi_wready = axi_write_.wready;
    top.m_axi_bvalid = axi_write_.bvalid;
    top.m_axi_bresp = axi_write_.bresp;
  }

  template <bool kRecord>
  void look_at_npu() {
    const Vchip& top = *top_;
    axi_read_.end<kRecord>(cycle_,
                           AxiAddress{top.m_axi_arvalid, top.m_axi_araddr, top.m_axi_arlen, top.m_axi_arsize,
                                      top.m_axi_arburst},
                           top.m_axi_rready, events_);
    AxiBeat<kBusBytes> beat;
    beat.valid = top.m_axi_wvalid;
    if (beat.valid) {
      beat.strobe = static_cast<uint32_t>(top.m_axi_wstrb);
      beat.last = top.m_axi_wlast;
      std::memcpy(beat.data, &top.m_axi_wdata, kBusBytes);
    }
    axi_write_.end<kRecord>(cycle_,
                            AxiAddress{top.m_axi_awvalid, top.m_axi_awaddr, top.m_axi_awlen, top.m_axi_awsize,
                                       top.m_axi_awburst},
                            beat, top.m_axi_bready, events_);
    pulses_.look(cycle_, top);
    if (kRecord && top.npu_job_end) record_job_end();
  }

  void record_job_end() {
    Record& record = events_.add(kNpuJobEnd, cycle_);
    record.word[2] = top_->npu_job_cause;
    record.word[3] = top_->npu_job_fault_index;
    record.word[4] = top_->npu_job_fault_address;
  }
{%- endif %}

  template <bool kRecord>
  void retire(int channel) {
    const Vchip& top = *top_;
    if (kRecord) record_retire(channel);
    ++retired_;
    watch_hit_ |= watch_ && lane<32>(top.rvfi_mem_addr, channel) == watch_ &&
                  lane<4>(top.rvfi_mem_wmask, channel) != 0 && lane<32>(top.rvfi_mem_wdata, channel) != 0;
  }

  void record_retire(int channel) {
    const Vchip& top = *top_;
    const uint64_t order = lane<64>(top.rvfi_order, channel);
    if (order != retired_) events_.protocol(cycle_, kRvfi, kRetireOrder, static_cast<uint32_t>(order));
    Record& record = events_.add();
    uint32_t* const word = record.word;
    const auto bit = [&](const auto& port, int at) { return static_cast<uint32_t>(lane<1>(port, channel)) << at; };
    const auto full = [&](const auto& port) { return static_cast<uint32_t>(lane<32>(port, channel)); };
    word[0] = kRetire | bit(top.rvfi_trap, 8) | bit(top.rvfi_intr, 9) | bit(top.rvfi_csr_valid, 10) |
              static_cast<uint32_t>(lane<2>(top.rvfi_mode, channel)) << 11;
    word[1] = static_cast<uint32_t>(cycle_);
    word[2] = full(top.rvfi_pc_rdata);
    word[3] = full(top.rvfi_insn);
    word[4] = full(top.rvfi_pc_wdata);
    word[5] = static_cast<uint32_t>(lane<5>(top.rvfi_rd_addr, channel) | lane<4>(top.rvfi_mem_rmask, channel) << 8 |
                                    lane<4>(top.rvfi_mem_wmask, channel) << 12);
    word[6] = full(top.rvfi_rd_wdata);
    word[7] = full(top.rvfi_mem_addr);
    word[8] = full(top.rvfi_mem_rdata);
    word[9] = full(top.rvfi_mem_wdata);
    word[10] = full(top.rvfi_cause);
    word[11] = full(top.rvfi_tval);
    word[12] = full(top.rvfi_mip);
    word[13] = static_cast<uint32_t>(lane<12>(top.rvfi_csr_addr, channel));
    word[14] = full(top.rvfi_csr_wdata);
    word[15] = full(top.rvfi_mstatus);
  }
{%- if trace %}

  // Called with the cycle's values settled and the clock still low. Written as if they had all
  // changed with the rising edge that began the cycle, which is how a wave is read.
  void dump() {
    if (!vcd_->isOpen()) vcd_->open(vcd_path_.c_str());
    top_->clk = 1;
    vcd_->dump(10 * cycle_);
    top_->clk = 0;
    top_->eval();  // Nothing changes but the clock, which without it the tracer would not look at.
    vcd_->dump(10 * cycle_ + 5);
  }
{%- endif %}

  Ram ram_;
  Events events_;
  PulseLog pulses_;
  WordPort<kFetchBytes> ibus_{kIbus, ram_};
  WordPort<4> dbus_{kDbus, ram_};
{%- if npu %}
  AxiRead<kBusBytes> axi_read_{ram_};
  AxiWrite<kBusBytes> axi_write_{ram_};
{%- endif %}
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vchip> top_;
{%- if trace %}
  std::unique_ptr<VerilatedVcdC> vcd_;
  std::string vcd_path_;
  uint64_t trace_from_ = 0;
  uint64_t trace_to_ = 0;
{%- endif %}
{%- if faults %}
  uint16_t fault_ = 0;
{%- endif %}
  std::string broken_;  // Why the model cannot go on; empty while it can.
  uint64_t cycle_ = 0;
  uint64_t retired_ = 0;
  uint64_t last_retire_ = 0;
  uint64_t hang_limit_ = ~uint64_t{0};
  uint32_t watch_ = 0;
  bool watch_hit_ = false;
};

}  // namespace systole

#define SYSTOLE_API extern "C" __attribute__((visibility("default")))

using systole::Chip;

SYSTOLE_API uint32_t systole_abi() { return systole::kAbi; }
SYSTOLE_API uint32_t systole_ram_bytes() { return systole::kRamBytes; }

// Null when memory runs out.
SYSTOLE_API Chip* systole_new() {
  try {
    return new Chip();
  } catch (const std::exception&) {
    return nullptr;
  }
}

SYSTOLE_API void systole_free(Chip* chip) { delete chip; }

SYSTOLE_API void systole_reset(Chip* chip, uint64_t seed) { chip->reset(seed); }

SYSTOLE_API bool systole_write(Chip* chip, uint32_t address, const uint8_t* from, size_t length) {
  if (!chip->ram().contains(address, length)) return false;
  chip->ram().write(address, from, length);
  return true;
}

SYSTOLE_API bool systole_read(Chip* chip, uint32_t address, uint8_t* to, size_t length) {
  if (!chip->ram().contains(address, length)) return false;
  chip->ram().read(address, to, length);
  return true;
}

SYSTOLE_API void systole_set_stalls(Chip* chip, const systole::Stalls* profiles) { chip->set_stalls(profiles); }
SYSTOLE_API bool systole_set_fault(Chip* chip, uint16_t fault) { return chip->set_fault(fault); }
SYSTOLE_API void systole_set_watch(Chip* chip, uint32_t address) { chip->set_watch(address); }
SYSTOLE_API void systole_set_hang_limit(Chip* chip, uint64_t cycles) { chip->set_hang_limit(cycles); }

SYSTOLE_API uint32_t systole_run(Chip* chip, uint64_t max_cycles, bool record) {
  return record ? chip->run<true>(max_cycles) : chip->run<false>(max_cycles);
}

SYSTOLE_API const systole::Record* systole_events(const Chip* chip, size_t* count) {
  *count = chip->events().size();
  return chip->events().data();
}

// From the next cycle on.
SYSTOLE_API void systole_keep_pulses(Chip* chip, bool on) { chip->pulses().keep(on); }

// Since the reset.
SYSTOLE_API const systole::Pulses* systole_pulses(const Chip* chip, size_t* count) {
  *count = chip->pulses().size();
  return chip->pulses().data();
}

SYSTOLE_API uint64_t systole_cycle(const Chip* chip) { return chip->cycle(); }
SYSTOLE_API uint64_t systole_retired(const Chip* chip) { return chip->retired(); }
SYSTOLE_API bool systole_data_idle(const Chip* chip) { return chip->data_idle(); }
SYSTOLE_API const char* systole_broken(const Chip* chip) { return chip->broken(); }

SYSTOLE_API bool systole_start_trace(Chip* chip, const char* path, uint64_t from, uint64_t to) {
  return chip->start_trace(path, from, to);
}

SYSTOLE_API void systole_stop_trace(Chip* chip) { chip->stop_trace(); }
