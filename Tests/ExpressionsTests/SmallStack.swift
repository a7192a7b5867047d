// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation
import Synchronization

/// Runs a body on a thread with as little stack as those of Swift's concurrency have on Linux, 512 KiB.
func onSmallStack<Result: Sendable>(_ body: @escaping @Sendable () -> Result) -> Result? {
    let result = Mutex<Result?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    // The thread's block is called once; the semaphore keeps the result alive until then.
    let box = SmallStackBox(result: result, isDone: isDone, body: body)
    let thread = Thread { box.run() }
    thread.stackSize = 512 << 10
    thread.start()
    isDone.wait()
    return box.result.withLock { $0 }
}

private final class SmallStackBox<Result: Sendable>: Sendable {
    let result: Mutex<Result?>
    private let isDone: DispatchSemaphore
    private let body: @Sendable () -> Result

    init(result: consuming Mutex<Result?>, isDone: DispatchSemaphore, body: @escaping @Sendable () -> Result) {
        self.result = result
        self.isDone = isDone
        self.body = body
    }

    func run() {
        let value = body()
        result.withLock { $0 = value }
        isDone.signal()
    }
}

/// The value or the error of an expression, checked or not.
func outcome(
    of source: String, _ bindings: [String: ExpressionValue] = [:], types: [String: ExpressionType] = [:], isChecked: Bool = true,
    limits: EvaluationLimits = .standard
) -> Result<ExpressionValue, ExpressionError> {
    Result { () throws(ExpressionError) in
        let environment = ExpressionEnvironment(variables: types)
        let compiled = isChecked ? try environment.compile(source) : try environment.compileUnchecked(source)
        return try compiled.evaluate(bindings, limits: limits)
    }
}
