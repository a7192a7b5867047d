// SPDX-License-Identifier: Apache-2.0

/// One step of a compiled expression, on a stack of values. Places to go to are labels.
enum Instruction: Sendable {
    typealias Label = Int

    case push(ExpressionValue)
    case loadGlobal([Binding.Candidate])
    case loadLocal(Int)
    case select(SyntaxTree.Select)
    case index(isOptional: Bool)
    case call(Function, count: Int)
    case arithmetic(Arithmetic)
    case compare(Comparison)
    case equal(isNegated: Bool)
    case matches(RegularExpression)
    case makeList(count: Int, optional: Set<Int>)
    /// One flag an entry: whether it is optional.
    case makeMap([Bool])
    case makeMessage(type: String, fields: [String])
    case fail(ExpressionError)

    case jump(Label)
    /// The condition of `?:`.
    case branch(otherwise: Label)

    /// An error before a label is kept, and the next operand may outvote it.
    case beginLogic
    case beginOperand(next: Label)
    case testOperand(isAnd: Bool, exit: Label)
    case endLogic(isAnd: Bool)

    case beginLoop(SyntaxTree.Loop.Kind, next: Label)
    case nextElement(first: Int, second: Int?, exit: Label)
    case testElement(next: Label, exit: Label)
    /// What is on the stack becomes part of the result; without it, the element.
    case collect(hasResult: Bool, next: Label)

    /// An error before the label is kept as the value, and thrown where it is used.
    case beginBinding(Int, end: Label)
    case endBinding(Int)

    case unwrap(Int, exit: Label)
    case wrap(isFlat: Bool)
    /// Of an optional with a value, goes on with it, or when `isValue` with its value; else drops it.
    case orElse(isValue: Bool, exit: Label)
    case requireOptional
}

/// A compiled expression.
struct Program: Sendable {
    let source: String
    let instructions: [Instruction]
    /// Of each instruction, in bytes of the source.
    let offsets: [Int]
    /// Instructions at which the labels stand.
    let labels: [Int]
    let localCount: Int
}
