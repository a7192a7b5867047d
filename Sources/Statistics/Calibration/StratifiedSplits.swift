// SPDX-License-Identifier: Apache-2.0

/// Random splits of rows into a part to learn from and a tenth to test on, both with the classes in proportion.
///
/// Kohavi, "A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model Selection", IJCAI (1995). The draws are those of
/// scikit-learn's `StratifiedShuffleSplit` with the same seed.
struct StratifiedSplits {
    private let classes: [[Int]]
    private let rows: Int
    private var generator: MersenneTwister

    /// Nil unless both classes occur at least twice.
    init?(labels: [Bool], seed: UInt32) {
        classes = [false, true].map { wanted in labels.indices.filter { labels[$0] == wanted } }
        guard classes.allSatisfy({ $0.count > 1 }) else { return nil }
        rows = labels.count
        generator = MersenneTwister(seed: seed)
    }

    /// The next split; O(n).
    mutating func next() -> (training: [Int], test: [Int]) {
        let testCount = (rows + 9) / 10
        let trainingShares = shares(of: rows - testCount, among: classes.map(\.count))
        let testShares = shares(of: testCount, among: zip(classes, trainingShares).map { $0.count - $1 })
        var training: [Int] = []
        var test: [Int] = []
        for (place, members) in classes.enumerated() {
            let shuffled = generator.permutation(members)
            training += shuffled.prefix(trainingShares[place])
            test += shuffled.dropFirst(trainingShares[place]).prefix(testShares[place])
        }
        return (generator.permutation(training), generator.permutation(test))
    }

    /// Whole numbers as near to the proportions as can be; what rounding leaves goes to the largest remainders, by lot among equals.
    private mutating func shares(of draws: Int, among counts: [Int]) -> [Int] {
        let total = Double(counts.reduce(0, +))
        let exact = counts.map { Double($0) / total * Double(draws) }
        var shares = exact.map { Int($0) }
        let remainders = zip(exact, shares).map { $0 - Double($1) }
        var missing = draws - shares.reduce(0, +)
        for remainder in Set(remainders).sorted(by: >) where missing > 0 {
            let equal = remainders.indices.filter { remainders[$0] == remainder }
            let taken = min(equal.count, missing)
            for place in generator.permutation(equal).prefix(taken) { shares[place] += 1 }
            missing -= taken
        }
        return shares
    }
}
