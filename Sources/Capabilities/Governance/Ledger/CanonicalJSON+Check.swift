// SPDX-License-Identifier: Apache-2.0

extension CanonicalJSON {
    /// Whether `bytes` are exactly one value in canonical form. Their UTF-8 is taken as valid.
    package static func isCanonical(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var reader = Reader(bytes: bytes)
        return reader.value(depth: 0) && reader.isAtEnd
    }

    package static func isCanonical(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isCanonical($0) }
    }

    /// One pass over the bytes, without building a value.
    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { position == bytes.count }
        private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            position += 1
            return true
        }

        private mutating func take(_ word: StaticString) -> Bool {
            for index in 0..<word.utf8CodeUnitCount where !take(word.utf8Start[index]) { return false }
            return true
        }

        mutating func value(depth: Int) -> Bool {
            guard depth <= CanonicalJSON.maximumDepth, let next else { return false }
            switch next {
            case 0x6E: return take("null")
            case 0x74: return take("true")
            case 0x66: return take("false")
            case 0x22: return string()
            case 0x5B: return array(depth: depth)
            case 0x7B: return object(depth: depth)
            default: return integer()
            }
        }

        private mutating func array(depth: Int) -> Bool {
            position += 1
            if take(0x5D) { return true }
            repeat {
                guard value(depth: depth + 1) else { return false }
            } while take(0x2C)
            return take(0x5D)
        }

        private mutating func object(depth: Int) -> Bool {
            position += 1
            if take(0x7D) { return true }
            var previous: Range<Int>?
            repeat {
                let start = position
                guard string() else { return false }
                let key = (start + 1)..<(position - 1)
                if let previous, !precedes(previous, key) { return false }
                previous = key
                guard take(0x3A), value(depth: depth + 1) else { return false }
            } while take(0x2C)
            return take(0x7D)
        }

        private mutating func integer() -> Bool {
            let isNegative = take(0x2D)
            var magnitude: Int64 = 0
            let start = position
            while let digit = next, (0x30...0x39).contains(digit) {
                magnitude = magnitude * 10 + Int64(digit - 0x30)
                position += 1
                if magnitude > CanonicalJSON.integers.upperBound { return false }
            }
            let digits = position - start
            return digits > 0 && (bytes[start] != 0x30 || digits == 1 && !isNegative)
        }

        private mutating func string() -> Bool {
            guard take(0x22) else { return false }
            while let byte = next {
                position += 1
                if byte == 0x22 { return true }
                if byte < 0x20 { return false }
                if byte == 0x5C, !escape() { return false }
            }
            return false
        }

        /// What follows a backslash: one of `"\bfnrt`, or `u00` and two lower-case digits for the other control characters.
        private mutating func escape() -> Bool {
            guard let byte = next else { return false }
            position += 1
            switch byte {
            case 0x22, 0x5C, 0x62, 0x66, 0x6E, 0x72, 0x74: return true
            case 0x75:
                guard take("00"), let high = next, high == 0x30 || high == 0x31 else { return false }
                position += 1
                guard let low = next, (0x30...0x39).contains(low) || (0x61...0x66).contains(low) else { return false }
                position += 1
                let code = (high - 0x30) << 4 | (low <= 0x39 ? low - 0x30 : low - 0x57)
                return ![0x08, 0x09, 0x0A, 0x0C, 0x0D].contains(code)
            default: return false
            }
        }

        /// Whether the key at `left` sorts before the one at `right`, by UTF-16 code units.
        private func precedes(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
            let (leftKey, rightKey) = (bytes[left], bytes[right])
            // Plain ASCII sorts the same as bytes.
            if leftKey.allSatisfy({ $0 < 0x80 && $0 != 0x5C }), rightKey.allSatisfy({ $0 < 0x80 && $0 != 0x5C }) {
                return leftKey.lexicographicallyPrecedes(rightKey)
            }
            return unescaped(leftKey).utf16.lexicographicallyPrecedes(unescaped(rightKey).utf16)
        }

        private func unescaped(_ key: Slice<UnsafeBufferPointer<UInt8>>) -> String {
            var result: [UInt8] = []
            var iterator = key.makeIterator()
            while let byte = iterator.next() {
                guard byte == 0x5C, let escaped = iterator.next() else {
                    result.append(byte)
                    continue
                }
                switch escaped {
                case 0x62: result.append(0x08)
                case 0x66: result.append(0x0C)
                case 0x6E: result.append(0x0A)
                case 0x72: result.append(0x0D)
                case 0x74: result.append(0x09)
                case 0x75:
                    let digits = String(decoding: (0..<4).compactMap { _ in iterator.next() }, as: UTF8.self)
                    result.append(UInt8(digits, radix: 16) ?? 0)
                default: result.append(escaped)
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }
}
