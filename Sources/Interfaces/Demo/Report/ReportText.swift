// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Numbers and names as the report's readers see them.
enum ReportText {
    static let missing = "–"

    static func decimal(_ value: Double?, _ places: Int = 3) -> String {
        guard let value, value.isFinite else { return missing }
        return String(format: "%.\(places)f", value)
    }

    static func percent(_ share: Double?) -> String {
        guard let share, share.isFinite else { return missing }
        return String(format: "%.1f %%", share * 100)
    }

    static func count(_ number: Int) -> String {
        var digits = String(abs(number))
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    static func month(_ number: Int) -> String {
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return names.indices.contains(number - 1) ? names[number - 1] : String(number)
    }

    static func decision(_ decision: DemoReport.Decision) -> String {
        switch decision {
        case .keep: "kept"
        case .promoted: "promoted"
        case .refused: "refused"
        case .blocked: "blocked"
        }
    }

    /// `temp 0.42 · scores 0.11 · drifted`
    static func drift(_ drift: DemoReport.Drift?) -> String {
        guard let drift else { return missing }
        var parts: [String] = []
        if let psi = drift.psi { parts.append("\(drift.feature ?? "input") \(decimal(psi, 2))") }
        if let psi = drift.scorePSI { parts.append("scores \(decimal(psi, 2))") }
        if let verdict = drift.verdict { parts.append(verdict) }
        return parts.isEmpty ? missing : parts.joined(separator: " · ")
    }

    /// Text for HTML's content and its quoted attributes; control characters, which HTML cannot carry, become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}": result.unicodeScalars.append("\u{FFFD}")
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
