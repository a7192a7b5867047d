// SPDX-License-Identifier: Apache-2.0

/// How one segment changed the mean loss of all: by having more or fewer rows (mix), and by being answered worse (rate).
///
/// Kitagawa, "Components of a Difference Between Two Rates", Journal of the American Statistical Association 50 (1955): mix =
/// (s₁ − s₀)·((l₀ + l₁)/2 − m), rate = (l₁ − l₀)·(s₀ + s₁)/2, with shares s, losses l, and m the mean of both overall losses.
struct LossSplit: Equatable, Sendable {
    let mix: Double
    let rate: Double

    init(shareBefore: Double, share: Double, lossBefore: Double, loss: Double, middle: Double) {
        mix = (share - shareBefore) * ((lossBefore + loss) / 2 - middle)
        rate = (loss - lossBefore) * (shareBefore + share) / 2
    }
}
