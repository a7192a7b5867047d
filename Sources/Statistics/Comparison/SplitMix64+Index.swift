// SPDX-License-Identifier: Apache-2.0

extension SplitMix64 {
    /// A number from 0 up to but not including `bound`, each as likely: the numbers of `next(upperBound:)`, without a call through a
    /// protocol (Lemire, "Fast random integer generation in an interval", 2019).
    mutating func index(below bound: UInt64) -> Int {
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }
}
