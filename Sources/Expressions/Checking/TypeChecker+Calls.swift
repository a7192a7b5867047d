// SPDX-License-Identifier: Apache-2.0

extension TypeChecker {
    /// The result of all forms that take these arguments; dyn when they differ.
    mutating func type(
        ofCall function: String, _ target: NodeID?, _ arguments: [NodeID], _ id: NodeID
    ) throws(ExpressionError) -> ExpressionType {
        var name = function
        var isMember = target != nil
        if case .function(let found)? = binding.references[id] {
            name = found
            isMember = false
        }
        guard let declared = library[name] else {
            throw error(.unknownFunction, "There is no function '\(name)'.", at: id, fix: suggestion(for: name))
        }
        let operands = (isMember ? target.map { [$0] } ?? [] : []) + arguments
        var given = operands.map { inference.resolved(types[$0]) }
        if name == "_[_]" || name == "_[?_]", case .optional(let content) = given[0] {
            // Whatever is taken out of an optional is one.
            given[0] = content
            let result = try result(of: declared, given, isMember, id)
            if case .optional = result { return result }
            return .optional(result)
        }
        return try result(of: declared, given, isMember, id)
    }

    private mutating func result(
        of function: Function, _ given: [ExpressionType], _ isMember: Bool, _ id: NodeID
    ) throws(ExpressionError) -> ExpressionType {
        var result: ExpressionType?
        for overload in function.overloads where overload.isMember == isMember && overload.parameters.count == given.count {
            let instance = inference.instance(of: overload)
            guard inference.fit(given, instance.parameters) else { continue }
            let found = inference.resolved(instance.result)
            if let before = result, before != found {
                result = .dyn
            } else {
                result = found
            }
        }
        if let result { return result }
        let spelling = Operator.spelling(of: function.name)
        let types = given.map { shown($0) }
        let call = isMember ? "\(types[0]).\(spelling)(\(types.dropFirst().joined(separator: ", ")))" : types.joined(separator: ", ")
        throw error(
            .noOverload, isMember ? "There is no '\(call)'." : "'\(spelling)' does not take (\(call)).", at: id,
            fix: forms(of: function, spelling))
    }

    private func forms(of function: Function, _ spelling: String) -> String {
        let forms = function.overloads.prefix(3).map { overload in
            let types = overload.parameters.map(\.description)
            return overload.isMember
                ? "\(types[0]).\(spelling)(\(types.dropFirst().joined(separator: ", ")))" : "(\(types.joined(separator: ", ")))"
        }
        return "It takes \(forms.joined(separator: ", "))\(function.overloads.count > 3 ? " and more" : "")."
    }

    private func suggestion(for name: String) -> String? {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let similar = library.names.first { $0.lowercased() == name.lowercased() || $0.hasSuffix("." + last) }
        return similar.map { "Did you mean '\($0)'?" }
    }
}
