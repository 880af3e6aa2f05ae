using System.Globalization;
using System.Text;

namespace Alignment.Text.Tokenization.Patterns;

/// <summary>Reads Oniguruma's Ruby syntax: what <c>tokenizer.json</c> files are written in.</summary>
internal sealed class PatternParser
{
    private const int MaxDepth = 100;
    private const int MaxRepeat = 100_000;
    private const int MaxQuantifiersInARow = 8;
    private const int MaxLength = 20_000;
    private const int MaxIntersections = 16;

    private readonly int[] text;
    private readonly string source;
    private int at;
    private int depth;
    private bool ignoreCase;
    private bool dotAll;
    private bool extended;

    private PatternParser(string source)
    {
        this.source = source;
        if (source.Length > MaxLength)
        {
            throw Error($"longer than {MaxLength} characters");
        }

        text = CodePoints.Of(source);
    }

    public static PatternNode Parse(string source)
    {
        var p = new PatternParser(source);
        var node = p.Alternatives();
        return p.at == p.text.Length ? node : throw p.Error("unmatched )");
    }

    private bool More => at < text.Length;

    private TokenizerException Error(string what) => new($"tokenizer.json: regular expression \"{(source.Length > 80 ? source[..80] + "…" : source)}\": {what} at position {at}.");

    private bool Take(char c)
    {
        if (More && text[at] == c)
        {
            at++;
            return true;
        }

        return false;
    }

    private bool Take(string s)
    {
        for (var i = 0; i < s.Length; i++)
        {
            if (at + i >= text.Length || text[at + i] != s[i])
            {
                return false;
            }
        }

        at += s.Length;
        return true;
    }

    private int Next() => More ? text[at++] : throw Error("unexpected end");

    private PatternNode Alternatives()
    {
        if (++depth > MaxDepth)
        {
            throw Error("groups nested too deep");
        }

        var (ic, da, ex) = (ignoreCase, dotAll, extended);
        var branches = new List<PatternNode> { Branch() };
        while (Take('|'))
        {
            branches.Add(Branch());
        }

        (ignoreCase, dotAll, extended) = (ic, da, ex);
        depth--;
        return branches.Count == 1 ? branches[0] : new PatternNode.Alternation(branches);
    }

    private PatternNode Branch()
    {
        var items = new List<PatternNode>();
        while (More && text[at] != '|' && text[at] != ')')
        {
            if (extended && (CharProperties.IsSpace(text[at]) || text[at] == '#'))
            {
                SkipComment();
            }
            else if (Atom() is { } atom)
            {
                items.Add(Quantified(atom));
            }
        }

        return items.Count == 1 ? items[0] : new PatternNode.Sequence(items);
    }

    private void SkipComment()
    {
        if (Next() == '#')
        {
            while (More && Next() != '\n')
            {
            }
        }
    }

    private PatternNode Quantified(PatternNode atom)
    {
        var inARow = 0;
        while (More)
        {
            var (min, max, interval) = (0, int.MaxValue, false);
            if (Take('+'))
            {
                min = 1;
            }
            else if (Take('?'))
            {
                max = 1;
            }
            else if (!Take('*'))
            {
                if (Interval() is not { } range)
                {
                    return atom;
                }

                (min, max) = range;
                interval = true;
            }

            if (atom is PatternNode.Assert)
            {
                throw Error("nothing to repeat");
            }

            // x{n}? means (x{n})? in Ruby syntax, and x{n,m}+ means (x{n,m})+: only ?, *, + have possessive forms.
            var kind = !(interval && min == max) && Take('?') ? Repeat.Lazy : !interval && Take('+') ? Repeat.Possessive : Repeat.Greedy;
            if (++inARow > MaxQuantifiersInARow)
            {
                throw Error("too many quantifiers in a row");
            }

            atom = new PatternNode.Loop(atom, min, max, kind);
        }

        return atom;
    }

    private (int Min, int Max)? Interval()
    {
        var start = at;
        if (!Take('{'))
        {
            return null;
        }

        var min = Number();
        var max = min;
        if (Take(','))
        {
            max = Number() ?? (min is null ? null : int.MaxValue);
        }

        if (!Take('}') || (min is null && max is null))
        {
            at = start;
            return null;
        }

        return (min ?? 0) <= max ? (min ?? 0, max.Value) : (max ?? 0, min ?? 0);
    }

    private int? Number()
    {
        var start = at;
        var n = 0;
        while (More && text[at] is >= '0' and <= '9')
        {
            n = (n * 10) + text[at++] - '0';
            if (n > MaxRepeat)
            {
                throw Error($"more than {MaxRepeat} repetitions");
            }
        }

        return at > start ? n : null;
    }

    private PatternNode? Atom()
    {
        var c = Next();
        switch (c)
        {
            case '(':
                return Group();
            case '[':
                return Set(new ClassReader(this).Read());
            case '.':
                return new PatternNode.Set(dotAll ? CharSet.Any : CharSet.Of('\n').Not());
            case '^':
                return new PatternNode.Assert(Anchor.LineStart);
            case '$':
                return new PatternNode.Assert(Anchor.LineEnd);
            case '\\':
                return Escape();
            case '*' or '+' or '?':
                at--;
                throw Error("nothing to repeat");
            default:
                return Set(CharSet.Of(c));
        }
    }

    private PatternNode.Set Set(CharSet set) => new(ignoreCase ? set.IgnoreCase() : set);

    private PatternNode? Group()
    {
        if (!Take('?'))
        {
            return Close(Alternatives());
        }

        if (Take('#'))
        {
            while (Next() != ')')
            {
            }

            return null;
        }

        if (Take("<=") || Take("<!"))
        {
            var negative = text[at - 1] == '!';
            var body = Close(Alternatives());
            return body.Length.Max <= 1000 ? new PatternNode.Look(body, Behind: true, negative) : throw Error("look-behind without a bounded length is not supported");
        }

        if (Take('=') || Take('!'))
        {
            var negative = text[at - 1] == '!';
            return new PatternNode.Look(Close(Alternatives()), Behind: false, negative);
        }

        if (Take('>'))
        {
            return new PatternNode.Atomic(Close(Alternatives()));
        }

        if (Take('<') || Take('\''))
        {
            var end = text[at - 1] == '<' ? '>' : '\'';
            while (Next() != end)
            {
            }

            return Close(Alternatives());
        }

        return Take(':') ? Close(Alternatives()) : Options();
    }

    private PatternNode? Options()
    {
        var on = true;
        var saved = (ignoreCase, dotAll, extended);
        while (true)
        {
            switch (Next())
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    ignoreCase = on;
                    break;
                case 'm':
                    dotAll = on;
                    break;
                case 'x':
                    extended = on;
                    break;
                case ')':
                    // (?i) holds to the end of the enclosing group, alternatives included, as if they were one group.
                    var rest = Alternatives();
                    return rest;
                case ':':
                    var body = Close(Alternatives());
                    (ignoreCase, dotAll, extended) = saved;
                    return body;
                default:
                    at--;
                    throw Error("group option is not supported");
            }
        }
    }

    private PatternNode Close(PatternNode node) => Take(')') ? node : throw Error("missing )");

    private PatternNode Escape()
    {
        var c = Next();
        switch (c)
        {
            case 'b':
                return new PatternNode.Assert(Anchor.WordBoundary);
            case 'B':
                return new PatternNode.Assert(Anchor.NotWordBoundary);
            case 'A':
                return new PatternNode.Assert(Anchor.TextStart);
            case 'z':
                return new PatternNode.Assert(Anchor.TextEnd);
            case 'Z':
                return new PatternNode.Assert(Anchor.TextEndOrNewline);
            case 'G':
                return new PatternNode.Assert(Anchor.SearchStart);
            case 'R':
                return new PatternNode.Atomic(new PatternNode.Alternation(
                    [new PatternNode.Sequence([new PatternNode.Set(CharSet.Of('\r')), new PatternNode.Set(CharSet.Of('\n'))]),
                     new PatternNode.Set(new CharSet(x => x is (>= 10 and <= 13) or 0x85 or 0x2028 or 0x2029))]));
            case >= '1' and <= '9' or 'k' or 'g' or 'K' or 'X' or 'y' or 'Y':
                throw Error($"\\{new Rune(c)} is not supported");
            case 'w':
                return Set(new CharSet(CharProperties.IsWordEscape));
            case 'W':
                return Set(new CharSet(CharProperties.IsWordEscape).Not());
            default:
                at--;
                return Set(EscapedSet());
        }
    }

    /// <summary>The set that the escape at the current position (after the backslash) stands for.</summary>
    private CharSet EscapedSet()
    {
        var c = Next();
        return c switch
        {
            'd' => new CharSet(CharProperties.IsDigit),
            'D' => new CharSet(CharProperties.IsDigit).Not(),
            'w' => new CharSet(CharProperties.IsWord),
            'W' => new CharSet(CharProperties.IsWord).Not(),
            's' => new CharSet(CharProperties.IsSpace),
            'S' => new CharSet(CharProperties.IsSpace).Not(),
            'h' => new CharSet(CharProperties.IsHex),
            'H' => new CharSet(CharProperties.IsHex).Not(),
            'p' => Property(negative: false),
            'P' => Property(negative: true),
            _ => CharSet.Of(EscapedChar(c)),
        };
    }

    private CharSet Property(bool negative)
    {
        string name;
        if (Take('{'))
        {
            negative ^= Take('^');
            var b = new StringBuilder();
            for (int c; (c = Next()) != '}';)
            {
                b.Append(new Rune(c));
            }

            name = b.ToString();
        }
        else
        {
            name = new Rune(Next()).ToString();
        }

        var set = new CharSet(CharProperties.Find(name) ?? throw Error($"property {name} is not supported"));
        return negative ? set.Not() : set;
    }

    private int EscapedChar(int c) => c switch
    {
        't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', 'v' => '\v', 'a' => 7, 'e' => 27,
        '0' => Octal(),
        'x' => Take('{') ? Hex(8, closed: true) : Hex(2, closed: false),
        'u' => Hex(4, closed: false),
        _ => c,
    };

    private int Octal()
    {
        var n = 0;
        for (var i = 0; i < 2 && More && text[at] is >= '0' and <= '7'; i++)
        {
            n = (n * 8) + text[at++] - '0';
        }

        return n;
    }

    private int Hex(int digits, bool closed)
    {
        var b = new StringBuilder();
        while (More && b.Length < digits && CharProperties.IsHex(text[at]))
        {
            b.Append((char)text[at++]);
        }

        if (closed && !Take('}'))
        {
            throw Error("missing }");
        }

        return b.Length == 0 ? 0 : int.TryParse(b.ToString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var n) && n is >= 0 and <= 0x10FFFF ? n : throw Error("no such code point");
    }

    /// <summary>Bracket expressions: ranges, negation, nesting, intersection and POSIX names.</summary>
    private readonly struct ClassReader(PatternParser p)
    {
        /// <summary>Reads after the opening bracket, closing bracket included.</summary>
        public CharSet Read()
        {
            if (++p.depth > MaxDepth)
            {
                throw p.Error("classes nested too deep");
            }

            var negative = p.Take('^');
            var members = new List<CharSet>();
            CharSet? intersection = null;
            var intersections = 0;
            for (var first = true; first || !p.Take(']'); first = false)
            {
                if (!first && p.Take("&&"))
                {
                    if (++intersections > MaxIntersections)
                    {
                        throw p.Error("too many intersections");
                    }

                    intersection = And(intersection, members);
                    members = [];
                }
                else
                {
                    members.Add(Item());
                }
            }

            var all = And(intersection, members);
            p.depth--;
            return negative ? all.Not() : all;
        }

        private static CharSet And(CharSet? before, List<CharSet> members)
        {
            var union = CharSet.Union(members);
            return before is null ? union : before.And(union);
        }

        private CharSet Item()
        {
            if (p.Take("[:"))
            {
                return Posix();
            }

            if (p.Take('['))
            {
                return Read();
            }

            if (p.More && p.text[p.at] == '\\' && p.at + 1 < p.text.Length && "dDwWsShHpPR".Contains((char)Math.Min(p.text[p.at + 1], 0xFFFF)))
            {
                p.at++;
                return p.EscapedSet();
            }

            var from = Char();
            if (p.at + 1 < p.text.Length && p.text[p.at] == '-' && p.text[p.at + 1] != ']' && !(p.text[p.at + 1] == '[' || IsSetEscape(p.at + 1)))
            {
                p.at++;
                var to = Char();
                return to >= from ? CharSet.Range(from, to) : throw p.Error("empty range in a class");
            }

            return CharSet.Of(from);
        }

        private bool IsSetEscape(int i) => p.text[i] == '\\' && i + 1 < p.text.Length && "dDwWsShHpP".Contains((char)Math.Min(p.text[i + 1], 0xFFFF));

        private int Char()
        {
            var c = p.Next();
            if (c != '\\')
            {
                return c;
            }

            c = p.Next();
            return c == 'b' ? 8 : p.EscapedChar(c);
        }

        private CharSet Posix()
        {
            var negative = p.Take('^');
            var name = new StringBuilder();
            while (!p.Take(":]"))
            {
                name.Append(new Rune(p.Next()));
            }

            var set = new CharSet(CharProperties.Find(name.ToString()) ?? throw p.Error($"class [:{name}:] is not supported"));
            return negative ? set.Not() : set;
        }
    }
}
