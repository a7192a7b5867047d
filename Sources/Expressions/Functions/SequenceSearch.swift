// SPDX-License-Identifier: Apache-2.0

/// Finds a sequence within another in time linear in both (Knuth, Morris and Pratt, 1977).
struct SequenceSearch<Element: Equatable> {
    private let part: [Element]
    /// For each prefix, the length of its longest border.
    private let borders: [Int]

    init(_ part: [Element]) {
        self.part = part
        var borders = Array(repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// Where the first occurrence from a place on begins; an empty part is found at once.
    func first(in elements: [Element], from start: Int = 0) -> Int? {
        if part.isEmpty { return start }
        var length = 0
        for index in elements.indices.dropFirst(start) {
            while length > 0, elements[index] != part[length] { length = borders[length - 1] }
            if elements[index] == part[length] { length += 1 }
            if length == part.count { return index + 1 - length }
        }
        return nil
    }
}
