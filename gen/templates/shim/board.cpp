// A Verilated systole_board as a program: what is on its pins comes and goes through pipes, so many
// cycles at a time. Usage: board CYCLES_A_BIT, in a folder with boot.hex.
//
// Standard input has requests, standard output an answer to each, with numbers as the machine has
// them. The program ends when standard input does.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include "Vchip.h"
#include "verilated.h"

void vl_fatal(const char* file, int line, const char*, const char* message) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message);
  std::exit(1);
}
void vl_stop(const char* file, int line, const char* hierarchy) { vl_fatal(file, line, hierarchy, "$stop"); }
void vl_finish(const char* file, int line, const char* hierarchy) { vl_fatal(file, line, hierarchy, "$finish"); }

namespace {

// Followed by `bytes` bytes, which the board receives behind those that are under way. Runs for at
// most `cycles`, and until the board has sent a byte.
struct Request {
  uint64_t cycles;
  uint32_t buttons;
  uint32_t bytes;
};

// Cycles since the reset, LEDs, and the byte that the board has sent, or -1.
struct Answer {
  uint64_t cycle;
  uint32_t leds;
  int32_t byte;
};

constexpr uint32_t kFrameBits = 10;  // Start bit, 8 data bits, stop bit.

// Puts bytes on a line.
class Sender {
 public:
  explicit Sender(uint32_t divisor) : divisor_(divisor) {}

  void add(uint8_t byte) { waiting_.push_back(byte); }

  // The level of the next cycle.
  bool level() {
    if (waiting_.empty()) return true;
    const uint32_t frame = uint32_t{waiting_.front()} << 1 | 1u << (kFrameBits - 1);
    const bool level = frame >> (ticks_ / divisor_) & 1;
    if (++ticks_ == kFrameBits * divisor_) {
      ticks_ = 0;
      waiting_.pop_front();
    }
    return level;
  }

 private:
  uint32_t divisor_;
  uint32_t ticks_ = 0;
  std::deque<uint8_t> waiting_;
};

// Takes bytes from a line, each bit in its middle.
class Receiver {
 public:
  explicit Receiver(uint32_t divisor) : divisor_(divisor) {}

  // The byte that ends with this cycle, or -1.
  int32_t take(bool level) {
    if (ticks_ == 0 && level) return -1;
    const uint32_t tick = ticks_++;
    if (tick % divisor_ != divisor_ / 2) return -1;
    const uint32_t bit = tick / divisor_;
    frame_ = bit == 0 ? level : frame_ | uint32_t{level} << bit;
    if (bit < kFrameBits - 1) return -1;
    if ((frame_ & 1) != 0 || !level) vl_fatal("uart_tx", 0, "", "a frame without its start or stop bit");
    ticks_ = 0;
    return static_cast<int32_t>(frame_ >> 1 & 0xff);
  }

 private:
  uint32_t divisor_;
  uint32_t ticks_ = 0;
  uint32_t frame_ = 0;
};

class Board {
 public:
  explicit Board(uint32_t divisor) : sender_(divisor), receiver_(divisor) {
    top_.uart_rx = 1;
    top_.buttons = 0;
    top_.rst = 1;
    for (int cycle = 0; cycle < 4; ++cycle) tick();
    top_.rst = 0;
  }

  Answer run(const Request& request, const std::vector<uint8_t>& bytes) {
    for (const uint8_t byte : bytes) sender_.add(byte);
    top_.buttons = request.buttons;
    int32_t heard = -1;
    for (uint64_t cycle = 0; cycle < request.cycles && heard < 0; ++cycle) {
      heard = receiver_.take(top_.uart_tx);
      top_.uart_rx = sender_.level();
      tick();
      ++cycle_;
    }
    return Answer{cycle_, static_cast<uint32_t>(top_.leds), heard};
  }

 private:
  void tick() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }

  VerilatedContext context_;
  Vchip top_{&context_, ""};
  Sender sender_;
  Receiver receiver_;
  uint64_t cycle_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  const unsigned long divisor = count == 2 ? std::strtoul(arguments[1], nullptr, 10) : 0;
  if (divisor < 4 || divisor > 1u << 20) {
    std::fprintf(stderr, "usage: board CYCLES_A_BIT\n");
    return 2;
  }
  auto board = std::make_unique<Board>(static_cast<uint32_t>(divisor));
  Request request;
  while (std::fread(&request, sizeof request, 1, stdin) == 1) {
    std::vector<uint8_t> bytes(request.bytes);
    if (std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) break;
    const Answer answer = board->run(request, bytes);
    if (std::fwrite(&answer, sizeof answer, 1, stdout) != 1 || std::fflush(stdout) != 0) return 1;
  }
  return 0;
}
