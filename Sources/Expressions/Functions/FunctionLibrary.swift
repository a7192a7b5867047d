// SPDX-License-Identifier: Apache-2.0

/// All functions by name.
struct FunctionLibrary: Sendable {
    private let functions: [String: Function]

    /// Names are unique.
    init(_ groups: [[Function]]) {
        functions = Dictionary(uniqueKeysWithValues: groups.joined().map { ($0.name, $0) })
    }

    subscript(_ name: String) -> Function? { functions[name] }

    var names: [String] { functions.keys.sorted() }

    static let standard = FunctionLibrary([
        OperatorFunctions.all, ConversionFunctions.all, TextFunctions.all, TimeFunctions.all, CollectionFunctions.all,
        StringExtension.all, StringPartExtension.all, MathExtension.all, MathExtension.extremes, OptionalExtension.all, SetExtension.all,
        EncoderExtension.all, NetworkExtension.all,
    ])
}
