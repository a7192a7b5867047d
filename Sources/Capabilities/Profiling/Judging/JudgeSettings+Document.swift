// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain

extension JudgeSettings {
    private static let codes = "profiling.config"
    private static let thresholds: [(name: String, path: any WritableKeyPath<JudgeSettings, Double> & Sendable)] = [
        ("level", \.level), ("stabilityIndex", \.stabilityIndex), ("wasserstein", \.wasserstein), ("totalVariation", \.totalVariation),
        ("nullChange", \.nullChange), ("outsideShare", \.outsideShare), ("unseenShare", \.unseenShare), ("typeChange", \.typeChange),
        ("lossRise", \.lossRise), ("errorRise", \.errorRise), ("criticalFactor", \.criticalFactor),
    ]

    /// Reads a configuration in YAML or JSON: `ignore`, `score`, `label`, `nulls`, `importance`, `minimumRows` and `thresholds`.
    ///
    /// - Returns: With the texts that mean null.
    /// - Throws: `Problem` `.invalid` that names line and column of what is wrong.
    package static func read(_ text: String) throws(Problem) -> (settings: JudgeSettings, nulls: [String]) {
        var settings = JudgeSettings()
        var nulls: [String] = []
        let root = try DocumentNode.root(of: text, codes: codes)
        let fields = try root.members(["ignore", "score", "label", "nulls", "importance", "minimumRows", "thresholds"])
        if let node = fields["ignore"] { settings.ignored = try texts(node) }
        if let node = fields["nulls"] { nulls = try texts(node) }
        settings.score = try fields["score"]?.scalarText()
        settings.label = try fields["label"]?.scalarText()
        if let node = fields["minimumRows"] { settings.minimumRows = try node.integer(in: 1...1_000_000_000) }
        if let node = fields["importance"] {
            for (column, weight) in try node.members() {
                settings.importance[column] = try number(weight, "importance of '\(column.printable)'")
            }
        }
        if let node = fields["thresholds"] {
            let members = try node.members(thresholds.map(\.name))
            for (name, path) in thresholds {
                if let value = members[name] { settings[keyPath: path] = try number(value, "threshold '\(name)'") }
            }
        }
        guard settings.level < 1 else {
            throw root.problem("level.range", "The 'level' is not below 1.", fix: "Write a chance such as 0.05.")
        }
        return (settings, nulls)
    }

    private static func texts(_ node: DocumentNode) throws(Problem) -> [String] {
        var texts: [String] = []
        for element in try node.elements() { texts.append(try element.scalarText()) }
        return texts
    }

    private static func number(_ node: DocumentNode, _ noun: String) throws(Problem) -> Double {
        guard let value = Double(try node.scalarText()), value.isFinite, value >= 0 else {
            throw node.problem("number.malformed", "The \(noun) is no number from 0 on.", fix: "Write a number such as 0.1.")
        }
        return value
    }
}
