// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How far the clocks of a zone are from UTC at a point in time.
enum ZoneOffset {
    /// In seconds, east positive. A zone is a name of the IANA database or a fixed offset such as "-02:30" or "02:00".
    static func seconds(of zone: String, at time: Timestamp) throws(ExpressionError) -> Int {
        if zone == "UTC" { return 0 }
        if zone.utf8.contains(UInt8(ascii: ":")) {
            guard let fixed = fixed(zone) else { throw unknown(zone) }
            return fixed
        }
        // Names become paths of files: nothing may lead out of the data base.
        guard zone.utf8.count <= 64, zone.utf8.allSatisfy(isAllowed), zone.utf8.first != UInt8(ascii: "/"),
            let named = TimeZone(identifier: zone)
        else { throw unknown(zone) }
        return named.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds)))
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        let scalar = Unicode.Scalar(byte)
        return scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-+/".utf8.contains(byte)
    }

    private static func fixed(_ zone: String) -> Int? {
        var rest = Substring(zone)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        let parts = rest.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { (48...57).contains($0) } }),
            let hours = Int(Substring(parts[0])), let minutes = Int(Substring(parts[1])), hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isNegative ? -60 : 60)
    }

    private static func unknown(_ zone: String) -> ExpressionError {
        ExpressionError(
            .argument, "There is no time zone '\(zone.prefix(64))'.",
            fix: "Give a name such as 'Asia/Dubai', or an offset such as '+04:00'.")
    }
}
