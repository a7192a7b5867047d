// SPDX-License-Identifier: Apache-2.0
import Statistics

/// One detector, whose arguments are in its key, on one stream.
struct StreamVectors {
    let id: String
    let key: String
    let report: VectorReport

    func check(_ expected: VectorValue, on values: [Double]) {
        guard var detector = detector() else {
            report.unknown(id)
            return
        }
        let name = String(key.prefix { $0 != "_" }) == "HDDM" ? String(key.prefix(6)) : String(key.prefix { $0 != "_" })
        var changes: [Double] = []
        var firstWarning: Double?
        for (index, value) in values.enumerated() {
            switch detector.update(value) {
            case .stable: break
            case .warning: firstWarning = firstWarning ?? Double(index)
            case .change: changes.append(Double(index))
            }
        }
        for (field, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch field {
            case "detected_at": report.check(id, "\(name) \(field)", value, changes, .exact)
            case "first_warning": report.check(id, "\(name) \(field)", value, firstWarning, .exact)
            case "final_width": report.check(id, "\(name) \(field)", value, (detector as? ADWIN).map { Double($0.width) }, .exact)
            case "final_estimation": report.check(id, "\(name) \(field)", value, (detector as? ADWIN)?.estimate)
            default: report.unknown("\(id)/\(field)")
            }
        }
    }

    private func detector() -> (any ChangeDetector)? {
        for name in ["HDDM_A", "HDDM_W", "ADWIN", "PageHinkley", "KSWIN", "DDM", "EDDM", "FHDDM"]
        where key == name || key.hasPrefix(name + "_") {
            var arguments = Arguments(text: key.dropFirst(name.count))
            let detector: any ChangeDetector
            switch name {
            case "ADWIN": detector = ADWIN(delta: arguments.take("delta") ?? 0.002, clock: arguments.take("clock").map { Int($0) } ?? 32)
            case "PageHinkley":
                detector = PageHinkley(
                    minimumCount: arguments.take("min_instances").map { Int($0) } ?? 30, delta: arguments.take("delta") ?? 0.005,
                    threshold: arguments.take("threshold") ?? 50, forgetting: arguments.take("alpha") ?? 1 - 0.0001,
                    direction: arguments.take(flag: "up") ? .up : arguments.take(flag: "down") ? .down : .both)
            case "KSWIN":
                guard let seed = arguments.take("seed") else { return nil }
                detector = KSWIN(alpha: arguments.take("alpha") ?? 0.005, seed: UInt32(seed))
            case "DDM": detector = DDM()
            case "EDDM": detector = EDDM()
            case "HDDM_A": detector = HDDMA(isTwoSided: arguments.take(flag: "two_sided"))
            case "HDDM_W": detector = HDDMW(isTwoSided: arguments.take(flag: "two_sided"))
            default: detector = FHDDM()
            }
            return arguments.isEmpty ? detector : nil
        }
        return nil
    }

    /// What follows the name in a key, such as `_delta0.05_clock1`.
    private struct Arguments {
        private var words: [Substring]

        init(text: Substring) { words = text.split(separator: "_") }

        var isEmpty: Bool { words.isEmpty }

        mutating func take(_ name: String) -> Double? {
            for (place, word) in words.enumerated() where word.hasPrefix(name) {
                guard let value = Double(word.dropFirst(name.count)) else { continue }
                words.remove(at: place)
                return value
            }
            return nil
        }

        mutating func take(flag: String) -> Bool {
            let parts = flag.split(separator: "_")
            for start in words.indices where words[start...].starts(with: parts) {
                words.removeSubrange(start..<start + parts.count)
                return true
            }
            return false
        }
    }
}
