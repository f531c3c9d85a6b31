// Mamba's selective scan and its gradient on the CPU, in float32.
//
//   h[t] = exp(dt[t] * A) * h[t-1] + dt[t] * x[t] * B[t]        y[t] = sum_n C[t] * h[t] + D * x[t]
//
// x, dt, y: (batch, length, channels); B, C: (batch, length, states); A: (states, channels); D: (channels).
// Work is cut into blocks of channels, which are independent but for the sums in the gradients of
// B and C. The states are not kept: the gradient computes them again, chunk by chunk, from
// checkpoints: (batch, chunks, states, channels).

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace {

constexpr int kBlock = 64;   // channels
constexpr int kChunk = 32;   // tokens
constexpr int kMaxStates = 16;

// e^v for v <= 0, to about 2e-7; written out so that the compiler vectorises it.
inline float exp_negative(float v) {
    v = std::max(v, -87.0f);
    const float exponent = std::nearbyint(v * 1.44269504f);
    const float r = std::fma(exponent, -1.42860677e-6f, std::fma(exponent, -0.693145752f, v));
    float p = 1.98412698e-4f;
    p = std::fma(p, r, 1.38888889e-3f);
    p = std::fma(p, r, 8.33333333e-3f);
    p = std::fma(p, r, 4.16666667e-2f);
    p = std::fma(p, r, 1.66666667e-1f);
    p = std::fma(p, r, 0.5f);
    p = std::fma(p, r, 1.0f);
    p = std::fma(p, r, 1.0f);
    const int32_t bits = (static_cast<int32_t>(exponent) + 127) << 23;
    float scale;
    std::memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

template <typename Work>
void in_parallel(int64_t num_items, int num_threads, Work work) {
    std::atomic<int64_t> next{0};
    auto run = [&] {
        for (int64_t item; (item = next++) < num_items;) work(item);
    };
    std::vector<std::thread> threads;
    for (int i = 1; i < num_threads; ++i) threads.emplace_back(run);
    run();
    for (auto& thread : threads) thread.join();
}

struct Shape {
    int64_t batch, length, channels, states;
    int64_t blocks() const { return channels / kBlock; }
    int64_t chunks() const { return (length + kChunk - 1) / kChunk; }
};

// One step for one block of channels: h <- a * h + u * B, with a = exp(dt * A).
inline void step(float* h, float* a, const float* dt, const float* u, const float* A,
                 const float* B, const Shape& s) {
    for (int64_t n = 0; n < s.states; ++n) {
        const float b = B[n];
        const float* An = A + n * s.channels;
        float* hn = h + n * kBlock;
        float* an = a + n * kBlock;
        for (int c = 0; c < kBlock; ++c) {
            an[c] = exp_negative(dt[c] * An[c]);
            hn[c] = an[c] * hn[c] + u[c] * b;
        }
    }
}

}  // namespace

extern "C" void scan_forward(const float* x, const float* dt, const float* A, const float* B,
                             const float* C, const float* D, float* y, float* checkpoints,
                             int64_t batch, int64_t length, int64_t channels, int64_t states,
                             int num_threads) {
    const Shape s{batch, length, channels, states};
    in_parallel(batch * s.blocks(), num_threads, [&](int64_t item) {
        const int64_t b = item / s.blocks(), first = item % s.blocks() * kBlock;
        float h[kMaxStates * kBlock] = {}, a[kMaxStates * kBlock], u[kBlock];
        for (int64_t t = 0; t < length; ++t) {
            if (t % kChunk == 0)
                for (int64_t n = 0; n < states; ++n)
                    std::memcpy(checkpoints +
                                    ((b * s.chunks() + t / kChunk) * states + n) * channels + first,
                                h + n * kBlock, sizeof u);
            const int64_t at = (b * length + t) * channels + first;
            const float* Ct = C + (b * length + t) * states;
            for (int c = 0; c < kBlock; ++c) u[c] = dt[at + c] * x[at + c];
            step(h, a, dt + at, u, A + first, B + (b * length + t) * states, s);
            float out[kBlock];
            for (int c = 0; c < kBlock; ++c) out[c] = D[first + c] * x[at + c];
            for (int64_t n = 0; n < states; ++n)
                for (int c = 0; c < kBlock; ++c) out[c] += Ct[n] * h[n * kBlock + c];
            std::memcpy(y + at, out, sizeof out);
        }
    });
}

// grad_A, grad_D: one for each of the batch. grad_B, grad_C: one for each block of channels,
// (blocks, batch, length, states). The caller sums.
extern "C" void scan_backward(const float* x, const float* dt, const float* A, const float* B,
                              const float* C, const float* D, const float* checkpoints,
                              const float* grad_y, float* grad_x, float* grad_dt, float* grad_A,
                              float* grad_B, float* grad_C, float* grad_D, int64_t batch,
                              int64_t length, int64_t channels, int64_t states, int num_threads) {
    const Shape s{batch, length, channels, states};
    const int64_t size = states * kBlock;  // of one state
    in_parallel(batch * s.blocks(), num_threads, [&](int64_t item) {
        const int64_t b = item / s.blocks(), block = item % s.blocks(), first = block * kBlock;
        std::vector<float> h((kChunk + 1) * size), a(kChunk * size);
        float g[kMaxStates * kBlock] = {}, sum_A[kMaxStates * kBlock] = {}, sum_D[kBlock] = {};
        for (int64_t chunk = s.chunks() - 1; chunk >= 0; --chunk) {
            const int64_t start = chunk * kChunk, end = std::min<int64_t>(start + kChunk, length);
            for (int64_t n = 0; n < states; ++n)
                std::memcpy(h.data() + n * kBlock,
                            checkpoints + ((b * s.chunks() + chunk) * states + n) * channels + first,
                            sizeof sum_D);
            for (int64_t t = start; t < end; ++t) {
                const int64_t at = (b * length + t) * channels + first;
                float u[kBlock];
                for (int c = 0; c < kBlock; ++c) u[c] = dt[at + c] * x[at + c];
                float* now = h.data() + (t - start + 1) * size;
                std::memcpy(now, now - size, size * sizeof(float));
                step(now, a.data() + (t - start) * size, dt + at, u, A + first,
                     B + (b * length + t) * states, s);
            }
            for (int64_t t = end - 1; t >= start; --t) {
                const int64_t row = b * length + t, at = row * channels + first;
                const float *gy = grad_y + at, *xt = x + at, *dtt = dt + at;
                const float* before = h.data() + (t - start) * size;
                const float* at_t = a.data() + (t - start) * size;
                float u[kBlock], gu[kBlock] = {}, gdt[kBlock] = {};
                for (int c = 0; c < kBlock; ++c) u[c] = dtt[c] * xt[c];
                for (int64_t n = 0; n < states; ++n) {
                    const float Bn = B[row * states + n], Cn = C[row * states + n];
                    const float* An = A + n * channels + first;
                    const float *prev = before + n * kBlock, *an = at_t + n * kBlock;
                    const float* hn = prev + size;
                    float *gn = g + n * kBlock, *sA = sum_A + n * kBlock;
                    float sum_B = 0, sum_C = 0;
                    for (int c = 0; c < kBlock; ++c) {
                        const float gh = gn[c] + Cn * gy[c];
                        sum_C += hn[c] * gy[c];
                        sum_B += gh * u[c];
                        gu[c] += gh * Bn;
                        const float ga = gh * prev[c] * an[c];
                        gdt[c] += ga * An[c];
                        sA[c] += ga * dtt[c];
                        gn[c] = gh * an[c];
                    }
                    const int64_t place = (block * batch * length + row) * states + n;
                    grad_B[place] = sum_B;
                    grad_C[place] = sum_C;
                }
                for (int c = 0; c < kBlock; ++c) {
                    grad_x[at + c] = gu[c] * dtt[c] + gy[c] * D[first + c];
                    grad_dt[at + c] = gdt[c] + gu[c] * xt[c];
                    sum_D[c] += gy[c] * xt[c];
                }
            }
        }
        for (int64_t n = 0; n < states; ++n)
            std::memcpy(grad_A + (b * states + n) * channels + first, sum_A + n * kBlock,
                        sizeof sum_D);
        std::memcpy(grad_D + b * channels + first, sum_D, sizeof sum_D);
    });
}
