// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Monitoring

extension OutsideAlert {
    /// - Throws: `Problem` `.invalid` for an alert without a name or a time.
    init(_ alert: AlertmanagerMessage.Alert) throws {
        guard let name = alert.labels["alertname"], !name.isEmpty, let start = try? Date(alert.startsAt, strategy: .alert) else {
            throw Problem(
                .invalid, "monitoring.alerts.malformed", "An alert has no 'alertname', or no 'startsAt' that is a time.",
                fix: "Send what Alertmanager's webhook receiver sends.")
        }
        self.init(
            isFiring: alert.status == "firing", name: name, labels: alert.labels,
            summary: alert.annotations?["summary"] ?? alert.annotations?["description"] ?? name,
            startsAt: Timestamp(milliseconds: Int64((start.timeIntervalSince1970 * 1000).rounded())),
            fingerprint: alert.fingerprint ?? alert.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        )
    }
}

extension ParseStrategy where Self == AlertTime {
    fileprivate static var alert: AlertTime { AlertTime() }
}

/// RFC 3339 with any number of digits of a second, as Go writes times.
struct AlertTime: ParseStrategy {
    func parse(_ value: String) throws -> Date {
        var text = value
        if let point = text.firstIndex(of: ".") {
            let digits = text[text.index(after: point)...].prefix { $0.isNumber }
            text.replaceSubrange(point..<digits.endIndex, with: "." + (digits + "000").prefix(3))
            return try Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)
        }
        return try Date.ISO8601FormatStyle().parse(text)
    }
}
