// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A small dense square matrix, row by row, whose powers carry a binary exponent apart so that they cannot overflow.
struct SquareMatrix {
    let size: Int
    private var elements: [Double]

    init(size: Int) {
        self.size = size
        elements = Array(repeating: 0, count: size * size)
    }

    subscript(row: Int, column: Int) -> Double {
        get { elements[row * size + column] }
        set { elements[row * size + column] = newValue }
    }

    /// This matrix to a positive power, as matrix · 2^exponent; O(size³ log power).
    func raised(to power: Int) -> (matrix: SquareMatrix, exponent: Int) {
        var result: (matrix: SquareMatrix, exponent: Int)?
        var square = (matrix: self, exponent: 0)
        var rest = power
        while true {
            if rest & 1 == 1 {
                result = result.map { Self.scaled($0.matrix * square.matrix, $0.exponent + square.exponent) } ?? square
            }
            rest >>= 1
            guard rest > 0 else { break }
            square = Self.scaled(square.matrix * square.matrix, 2 * square.exponent)
        }
        return result ?? square
    }

    static func * (left: SquareMatrix, right: SquareMatrix) -> SquareMatrix {
        var product = SquareMatrix(size: left.size)
        for row in 0..<left.size {
            for inner in 0..<left.size {
                let factor = left[row, inner]
                for column in 0..<left.size { product[row, column] += factor * right[inner, column] }
            }
        }
        return product
    }

    private static func scaled(_ matrix: SquareMatrix, _ exponent: Int) -> (matrix: SquareMatrix, exponent: Int) {
        let largest = matrix.elements.reduce(0) { max($0, abs($1)) }
        guard largest > 1e100 else { return (matrix, exponent) }
        let shift = Int(largest.exponent)
        var smaller = matrix
        smaller.elements = matrix.elements.map { scalbn($0, -shift) }
        return (smaller, exponent + shift)
    }
}
