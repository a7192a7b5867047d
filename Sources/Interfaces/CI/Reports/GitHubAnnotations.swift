// SPDX-License-Identifier: Apache-2.0

/// Findings as lines that GitHub's runner shows beside the code (its "workflow commands").
enum GitHubAnnotations {
    /// GitHub shows ten of each level of a step.
    private static let most = 50

    static func lines(of result: CIResult) -> [String] {
        result.findings.prefix(most).map { finding in
            let level = ["error", "warning"].contains(finding.level) ? finding.level : "notice"
            var members: [String] = []
            if let file = finding.file { members.append("file=\(property(file))") }
            if let line = finding.line { members.append("line=\(line)") }
            if let column = finding.column { members.append("col=\(column)") }
            members.append("title=\(property(finding.rule))")
            return "::\(level) \(members.joined(separator: ","))::\(message(finding.message))"
        }
    }

    private static func message(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    private static func property(_ text: String) -> String {
        message(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}
