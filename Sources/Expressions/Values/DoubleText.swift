// SPDX-License-Identifier: Apache-2.0

/// Doubles as text: the fewest digits that read back as the same number.
enum DoubleText {
    /// "0.5", "-4500", "1e+06", "NaN", "Infinity": with an exponent below 1e-4 and from 1e+06 on.
    static func shortest(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        let (digits, exponent) = parts(of: number)
        let sign = number.sign == .minus ? "-" : ""
        return sign + (exponent < -4 || exponent >= 6 ? scientific(digits, exponent) : plain(digits, exponent))
    }

    /// "0.5", "-4500", "1000000", "NaN", "Infinity": never with an exponent.
    static func plain(_ number: Double) -> String {
        guard number.isFinite else { return shortest(number) }
        let (digits, exponent) = parts(of: number)
        return (number.sign == .minus ? "-" : "") + plain(digits, exponent)
    }

    private static func plain(_ digits: String, _ exponent: Int) -> String {
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + digits }
        guard digits.count > exponent + 1 else {
            return digits + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    private static func scientific(_ digits: String, _ exponent: Int) -> String {
        let magnitude = String(abs(exponent))
        let mantissa = digits.count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst()
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (magnitude.count == 1 ? "0" : "") + magnitude
    }

    /// Significant digits without zeros at the end, and the power of ten of the first.
    private static func parts(of number: Double) -> (digits: String, exponent: Int) {
        let halves = number.magnitude.description.split(separator: "e")
        let mantissa = halves[0].split(separator: ".")
        let whole = mantissa[0]
        var digits = whole + (mantissa.count > 1 ? mantissa[1] : "")
        var exponent = (halves.count > 1 ? Int(halves[1]) ?? 0 : 0) + whole.count - 1
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        return digits == "0" ? ("0", 0) : (String(digits), exponent)
    }
}
