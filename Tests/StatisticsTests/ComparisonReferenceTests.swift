// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Comparisons of two models agree with published libraries")
struct ComparisonReferenceTests {
    @Test("DeLong's test", arguments: ["better", "equal", "worse", "ties", "rare", "small"])
    func deLong(name: String) throws {
        let vectors = try GoldenComparison.load()
        let scores = try #require(vectors.cases[name])
        let test = try #require(DeLongTest(challenger: scores.challenger, champion: scores.champion, labels: scores.labels))
        expectStatistic(test.challengerArea, scores.delong.challengerArea, "area of the challenger")
        expectStatistic(test.championArea, scores.delong.championArea, "area of the champion")
        expectStatistic(test.standardError, scores.delong.standardError, "standard error")
        expectPValue(test.pValue, scores.delong.p, "p")
        let interval = test.interval(level: vectors.level)
        expectStatistic(interval.lowerBound, scores.delong.lower, "lower end")
        expectStatistic(interval.upperBound, scores.delong.upper, "upper end")
        let turned = try #require(DeLongTest(challenger: scores.champion, champion: scores.challenger, labels: scores.labels))
        #expect(turned.estimate == -test.estimate && turned.pValue == test.pValue)
    }

    @Test("McNemar's tests, exact and by chi-square, and the exact interval")
    func mcNemar() throws {
        let vectors = try GoldenComparison.load()
        for expected in vectors.mcnemar {
            let counts = "\(expected.challengerOnly) and \(expected.championOnly) of \(expected.rows)"
            let test = try #require(
                McNemarTest(rows: expected.rows, challengerOnly: expected.challengerOnly, championOnly: expected.championOnly))
            expectPValue(test.pValue, expected.pExact, counts)
            let plain = test.chiSquare(isCorrected: false)
            let corrected = test.chiSquare(isCorrected: true)
            guard let statistic = expected.chi2, let p = expected.pChi2, let low = expected.shareLower, let high = expected.shareUpper
            else {
                #expect(plain == nil && corrected == nil && test.pValue == 1 && test.interval(level: 0.95) == 0...0)
                continue
            }
            expectStatistic(plain?.statistic, statistic, counts)
            expectPValue(plain?.pValue, p, counts)
            expectStatistic(corrected?.statistic, try #require(expected.chi2Corrected), counts)
            expectPValue(corrected?.pValue, try #require(expected.pChi2Corrected), counts)
            let share = try #require(
                BinomialShare(successes: expected.challengerOnly, trials: expected.challengerOnly + expected.championOnly)
            ).interval(level: vectors.level)
            expectStatistic(share.lowerBound, low, "lower end, \(counts)", within: 1e-8)
            expectStatistic(share.upperBound, high, "upper end, \(counts)", within: 1e-8)
            let interval = test.interval(level: vectors.level)
            #expect((interval.lowerBound > 0 || interval.upperBound < 0) == (test.pValue < 1 - vectors.level), "\(counts)")
        }
    }

    @Test(
        "the paired bootstrap of mean losses, row by row and by groups", arguments: ["better", "equal", "worse", "ties", "rare", "small"])
    func bootstrap(name: String) throws {
        let scores = try #require(try GoldenComparison.load().cases[name])
        let groups = scores.labels.indices.map { "\($0 / 10)" }
        for (what, expected, blocks, loss) in [
            ("brier", scores.brier, nil, GoldenComparison.brier), ("log loss", scores.logLoss, nil, ClassificationMetrics.logLoss),
            ("brier by ten", scores.brierByTen, groups, GoldenComparison.brier),
        ] {
            var generator = SplitMix64(seed: 7)
            let result = try #require(
                PairedBootstrap(
                    challengerLosses: zip(scores.challenger, scores.labels).map(loss),
                    championLosses: zip(scores.champion, scores.labels).map(loss), blocks: blocks, level: 0.95, resamples: 2000,
                    using: &generator))
            expectStatistic(-result.estimate, expected.estimate, what)
            #expect(abs(-result.upper - expected.lower) < 5 * expected.lowerSpread, "\(what): lower end")
            #expect(abs(-result.lower - expected.upper) < 5 * expected.upperSpread, "\(what): upper end")
        }
    }

    @Test("the paired bootstrap of areas under the curve", arguments: ["better", "ties"])
    func areas(name: String) throws {
        let scores = try #require(try GoldenComparison.load().cases[name])
        let expected = try #require(scores.auc)
        var generator = SplitMix64(seed: 7)
        let result = try #require(
            PairedAreaBootstrap(
                challenger: scores.challenger, champion: scores.champion, labels: scores.labels, level: 0.95, resamples: 2000,
                using: &generator))
        expectStatistic(result.estimate, expected.estimate, "estimate")
        #expect(abs(result.lower - expected.lower) < 5 * expected.lowerSpread)
        #expect(abs(result.upper - expected.upper) < 5 * expected.upperSpread)
    }

    @Test("models that order rows alike do not differ; what cannot be compared is nil")
    func edges() throws {
        let labels = [true, false, true, false]
        let same = try #require(DeLongTest(challenger: [0.9, 0.1, 0.6, 0.4], champion: [0.8, 0.2, 0.7, 0.3], labels: labels))
        #expect(same.estimate == 0 && same.pValue == 1 && same.interval(level: 0.95) == 0...0)
        #expect(DeLongTest(challenger: [0.9, 0.1], champion: [0.9, 0.1], labels: [true, false]) == nil)
        #expect(DeLongTest(challenger: [0.9, .nan, 0.6, 0.4], champion: [0.8, 0.2, 0.7, 0.3], labels: labels) == nil)
        #expect(DeLongTest(challenger: [0.9], champion: [0.8, 0.2, 0.7, 0.3], labels: labels) == nil)
        #expect(McNemarTest(challengerIsRight: [], championIsRight: []) == nil)
        #expect(McNemarTest(rows: 3, challengerOnly: 2, championOnly: 2) == nil)
        #expect(McNemarTest(rows: 3, challengerOnly: .max, championOnly: .max) == nil)
        #expect(BinomialShare(successes: 1, trials: 0) == nil && BinomialShare(successes: 3, trials: 2) == nil)
        let all = try #require(BinomialShare(successes: 20, trials: 20)).interval(level: 0.95)
        #expect(all.upperBound == 1 && abs(all.lowerBound - 0.831566527) < 1e-8)
        var generator = SplitMix64(seed: 1)
        #expect(
            PairedAreaBootstrap(
                challenger: [0.1, 0.2], champion: [0.1, 0.2], labels: [true, true], level: 0.95, resamples: 10, using: &generator) == nil)
    }
}

/// The vectors of Tests/Golden/comparison; its README names their source.
struct GoldenComparison: Decodable {
    let level: Double
    let cases: [String: Scores]
    let mcnemar: [Table]

    struct Scores: Decodable {
        let label: [Int]
        let challenger: [Double]
        let champion: [Double]
        let delong: DeLong
        let brier: Interval
        let logLoss: Interval
        let brierByTen: Interval
        let auc: Interval?

        var labels: [Bool] { label.map { $0 == 1 } }
    }

    struct DeLong: Decodable {
        let challengerArea: Double
        let championArea: Double
        let standardError: Double
        let p: Double
        let lower: Double
        let upper: Double
    }

    struct Interval: Decodable {
        let estimate: Double
        let lower: Double
        let upper: Double
        let lowerSpread: Double
        let upperSpread: Double
    }

    struct Table: Decodable {
        let rows: Int
        let challengerOnly: Int
        let championOnly: Int
        let pExact: Double
        let chi2: Double?
        let pChi2: Double?
        let chi2Corrected: Double?
        let pChi2Corrected: Double?
        let shareLower: Double?
        let shareUpper: Double?
    }

    static func load() throws -> GoldenComparison {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/comparison")
        return try decoder.decode(GoldenComparison.self, from: Data(contentsOf: folder.appending(path: "comparison.json")))
    }

    static func brier(score: Double, label: Bool) -> Double {
        let target = label ? 1.0 : 0
        return (score - target) * (score - target)
    }
}
