// SPDX-License-Identifier: Apache-2.0
import Expressions
import Testing

/// The examples of the extensions' own documentation (cel-go, "ext", and cel-spec, "proposals").
@Suite("Extensions of the language") struct ExtensionTests {
    @Test(
        "holds for texts",
        arguments: [
            "'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''", "'hello mellow'.indexOf('') == 0", "'hello mellow'.indexOf('ello') == 1",
            "'hello mellow'.indexOf('jello') == -1", "'hello mellow'.indexOf('', 2) == 2", "'hello mellow'.indexOf('ello', 2) == 7",
            "'hello mellow'.lastIndexOf('') == 12", "'hello mellow'.lastIndexOf('ello') == 7", "'hello mellow'.lastIndexOf('ello', 6) == 1",
            "'hello mellow'.lastIndexOf('jello') == -1", "['hello', 'mellow'].join() == 'hellomellow'",
            "['hello', 'mellow'].join(' ') == 'hello mellow'",
            "[].join() == '' && [].join('/') == ''", "'TacoCat'.lowerAscii() == 'tacocat'", "'TacoCÆt Xii'.upperAscii() == 'TACOCÆT XII'",
            "'hello hello'.replace('he', 'we') == 'wello wello'", "'hello hello'.replace('he', 'we', -1) == 'wello wello'",
            "'hello hello'.replace('he', 'we', 1) == 'wello hello'", "'hello hello'.replace('he', 'we', 0) == 'hello hello'",
            "'hello hello'.replace('', '_') == '_h_e_l_l_o_ _h_e_l_l_o_'", "'hello hello'.replace('h', '') == 'ello ello'",
            "'ab'.replace('', '_', 2) == '_a_b'",
            "'hello hello hello'.split(' ') == ['hello', 'hello', 'hello']", "'hello hello hello'.split(' ', 0) == []",
            "'hello hello hello'.split(' ', 1) == ['hello hello hello']", "'hello hello hello'.split(' ', 2) == ['hello', 'hello hello']",
            "'hello hello hello'.split(' ', -1) == ['hello', 'hello', 'hello']",
            "'ab'.split('') == ['a', 'b'] && ''.split(',') == [''] && ''.split('') == []",
            "'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'", "'  \\ttrim\\n    '.trim() == 'trim'",
            "'gums'.reverse() == 'smug'",
            "strings.quote('single-quote with \"double quote\"') == '\"single-quote with \\\\\"double quote\\\\\"\"'",
            "'this is a string: %s\\nand an integer: %d'.format(['str', 42]) == 'this is a string: str\\nand an integer: 42'",
            "'a double substituted with %%s: %s'.format([64.2]) == 'a double substituted with %s: 64.2'",
            "'%s'.format([type('s')]) == 'string'",
            "'%s'.format([timestamp('2023-02-03T23:31:20+00:00')]) == '2023-02-03T23:31:20Z'",
            "'%s'.format([duration('1h45m47s')]) == '6347s'",
            "'%f'.format([3.14]) == '3.140000' && '%.2f'.format([2.345]) == '2.35' && '%.3e'.format([1234.5]) == '1.234e+03'",
            "'%d %d'.format([3.14, 1u]) == '3.14 1' && '%s %s %s'.format([1e6, 1e-7, -0.5]) == '1000000 0.0000001 -0.5'",
            "'%s'.format([b'a\\xff\\xfeb\\xc3']) == 'a\u{FFFD}b\u{FFFD}' && '%s'.format([b'\\xc3\\xa9']) == '\u{E9}'",
            "'%b'.format([5]) == '101' && '%b'.format([-5]) == '-101' && '%o'.format([8]) == '10' && '%x'.format([26]) == '1a' && '%X'.format([26u]) == '1A'",
            "'%x'.format(['Hello world!']) == '48656c6c6f20776f726c6421' && '%X'.format([b'\\x0a\\xff']) == '0AFF'",
            "'%s'.format([[1, [2.5, 'a'], {'b': null, 'a': true}]]) == '[1, [2.5, a], {a: true, b: null}]'",
        ])
    func texts(source: String) throws {
        #expect(try ExpressionEnvironment().compile(source).decide())
    }

    @Test(
        "holds for numbers, sets and encodings",
        arguments: [
            "math.greatest(1, -2, 3.5, 2u) == 3.5 && math.least(1, -2, 3.5, 2u) == -2 && math.greatest([1, 3, 2]) == 3",
            "math.ceil(1.2) == 2.0 && math.floor(-1.2) == -2.0",
            "math.round(-1.5) == -2.0 && math.round(2.5) == 3.0 && math.trunc(-1.9) == -1.0",
            "math.abs(-1) == 1 && math.abs(-1.5) == 1.5 && math.abs(1u) == 1u",
            "math.sign(-42) == -1 && math.sign(0.0) == 0.0 && math.sign(3u) == 1u",
            "math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.0)",
            "math.sqrt(81) == 9.0 && math.sqrt(6.25) == 2.5 && math.isNaN(math.sqrt(-1))",
            "math.bitAnd(3u, 2u) == 2u && math.bitOr(1, 2) == 3 && math.bitXor(3, 5) == 6 && math.bitNot(1) == -2",
            "math.bitShiftLeft(1, 2) == 4 && math.bitShiftLeft(-1, 200) == 0 && math.bitShiftRight(-1024, 3) == 2305843009213693824",
            "sets.contains([], []) && !sets.contains([], [1]) && sets.contains([1, 2, 3, 4], [2, 3]) && sets.contains([1, 2.0, 3u], [1.0, 2u, 3])",
            "sets.equivalent([], []) && sets.equivalent([1], [1, 1]) && sets.equivalent([1], [1u, 1.0]) && !sets.equivalent([1], [2])",
            "!sets.intersects([1], []) && sets.intersects([1], [1, 2]) && sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])",
            "base64.encode(b'hello') == 'aGVsbG8=' && base64.decode('aGVsbG8') == b'hello' && base64.decode('') == b''",
        ])
    func numbers(source: String) throws {
        #expect(try ExpressionEnvironment().compileUnchecked(source).decide())
    }

    @Test(
        "holds for optionals",
        arguments: [
            "optional.of(1).hasValue() && !optional.none().hasValue() && !optional.ofNonZeroValue('').hasValue()",
            "{'a': 1}.?a.orValue(0) == 1 && {'a': 1}.?b.orValue(0) == 0",
            "{'a': {'b': 1}}.?a.b.value() == 1 && !{}.?a.b.c.hasValue()", "[1, 2][?1].value() == 2 && ![1][?1].hasValue()",
            "optional.none().or(optional.of(2)).value() == 2",
            "optional.of(1).or(optional.of(1 / 0)).value() == 1 && optional.of(1).orValue(1 / 0) == 1",
            "optional.of(2).optMap(x, x * 2).value() == 4 && !optional.none().optMap(x, x).hasValue()",
            "optional.of([7]).optFlatMap(l, l[?0]).value() == 7 && !optional.of([]).optFlatMap(l, l[?0]).hasValue()",
            "[?optional.of(1), ?optional.none(), 2] == [1, 2]",
            "{?'a': optional.of(1), ?'b': optional.none()} == {'a': 1}",
            "optional.of(1) == optional.of(1u) && optional.none() == optional.none() && optional.of(1) != optional.none()",
            "optional.unwrap([optional.of(1), optional.none()]) == [1] && [optional.of(1)].unwrapOpt() == [1]",
            "[1, 2].first().value() == 1 && [1, 2].last().value() == 2 && ![].first().hasValue()",
            "has({'a': {'b': 1}}.?a.b) && !has({}.?a.b)",
        ])
    func optionals(source: String) throws {
        #expect(try ExpressionEnvironment().compileUnchecked(source).decide())
    }

    @Test(
        "holds for addresses",
        arguments: [
            "string(ip('2001:0db8:0:0:0:0:0:1')) == '2001:db8::1' && string(ip('1:0:0:2:0:0:0:3')) == '1:0:0:2::3'",
            "string(ip('::')) == '::' && string(ip('1::')) == '1::' && string(ip('::1')) == '::1'",
            "string(ip('1:2:3:4:5:6:0:8')) == '1:2:3:4:5:6:0:8'", "ip('64:ff9b::192.0.2.1') == ip('64:ff9b::c000:201')",
            "cidr('10.0.0.0/8').containsIP('10.255.0.1') && !cidr('10.0.0.0/8').containsIP('11.0.0.0')",
            "cidr('0.0.0.0/0').containsIP('1.2.3.4') && cidr('::/0').containsIP('::1') && !cidr('::/0').containsIP('1.2.3.4')",
            "string(cidr('10.1.2.3/9').masked()) == '10.0.0.0/9'",
            "!isIP('1.2.3') && !isIP('01.2.3.4') && !isIP('256.1.1.1') && !isIP('1::2::3') && !isIP(':1') && !isIP('1:2:3:4:5:6:7:8:9') && !isIP('12345::') && !isIP('')",
            "isCIDR('::/128') && !isCIDR('1.2.3.4/33') && !isCIDR('1.2.3.4') && !isCIDR('1.2.3.4/08')",
        ])
    func addresses(source: String) throws {
        #expect(try ExpressionEnvironment().compile(source).decide())
    }

    @Test(
        "refuses what does not fit",
        arguments: [
            "'tacocat'.substring(3, 2)", "'a'.indexOf('a', 2)", "'a'.lastIndexOf('a', -1)", "'%d'.format(['1'])", "'%s'.format([])",
            "'%z'.format([1])", "'%'.format([1])", "'%.f'.format([1.0])",
            "'%.1001f'.format([1.0])", "math.abs(-9223372036854775808)", "math.bitShiftLeft(1, -1)", "math.greatest(['a'])",
            "base64.decode('*')", "ip('1.2.3.4%eth0')", "cidr('fe80::1%en0/24')",
            "['a', 1].join(',')", "optional.of(1).optFlatMap(x, x)", "{?1.5: optional.none()}", "[?1]", "transformMapEntry(1)",
            "[1, 1].transformMapEntry(i, v, {v: i})",
        ])
    func refusals(source: String) {
        #expect(throws: ExpressionError.self) { try ExpressionEnvironment().compileUnchecked(source).evaluate() }
    }
}
