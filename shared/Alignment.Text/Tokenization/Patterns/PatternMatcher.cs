namespace Alignment.Text.Tokenization.Patterns;

/// <summary>
/// A backtracking machine with its own stack: text of any length cannot overflow the thread's stack, and a budget of
/// steps turns patterns of exponential cost into an error. One per thread.
/// </summary>
internal sealed class PatternMatcher
{
    // Oniguruma's retry limit is 10 million per match.
    private const long StepsPerSearch = 10_000_000;
    private const int MaxStack = 1 << 22;

    [ThreadStatic]
    private static PatternMatcher? rented;

    private Instruction[] code = [];
    private int[] counts = [];
    private int[] positions = [];
    private Entry[] stack = new Entry[256];
    private int top;
    private long budget;
    private int searchStart;

    private enum EntryKind : byte
    {
        Resume,
        GiveBack,
        TakeMore,
        Restore,
    }

    // Resume: continue at Pc from Position. GiveBack: a greedy set loop may end one earlier, down to Limit.
    // TakeMore: a lazy set loop may take one more, up to Limit. Restore: register Pc had count Position and position Limit.
    private record struct Entry(EntryKind Kind, int Pc, int Position, int Limit, CharSet? Set);

    public static PatternMatcher Rent(Instruction[] code, int registers)
    {
        var m = rented ??= new();
        m.code = code;
        if (m.counts.Length < registers)
        {
            m.counts = new int[registers];
            m.positions = new int[registers];
        }

        return m;
    }

    public void Begin(int length, int from)
    {
        budget = StepsPerSearch + (16L * length);
        searchStart = from;
    }

    /// <summary>End of the match that starts at <paramref name="start"/>, or −1.</summary>
    public int Match(ReadOnlySpan<int> text, int pc, int start)
    {
        var floor = top;
        var at = start;
        while (true)
        {
            if (--budget < 0)
            {
                top = 0;
                throw new TokenizerException("tokenizer.json: a regular expression needs too many steps on this text.");
            }

            ref readonly var i = ref code[pc];
            var ok = true;
            switch (i.Operation)
            {
                case Operation.Accept:
                    Unwind(floor);
                    return at;
                case Operation.Set:
                    ok = at < text.Length && i.Set!.Contains(text[at]);
                    at++;
                    pc++;
                    break;
                case Operation.Jump:
                    pc = i.A;
                    break;
                case Operation.Split:
                    pc = Choose(i, text, at);
                    break;
                case Operation.SetLoop:
                    ok = Take(i, text, ref at, pc + 1);
                    pc++;
                    break;
                case Operation.Assert:
                    ok = Holds(i.Anchor, text, at);
                    pc++;
                    break;
                case Operation.Look:
                    ok = Look(i, text, at) != i.Negative;
                    pc = i.B;
                    break;
                case Operation.Atomic:
                    var after = i.B;
                    at = Match(text, i.A, at);
                    ok = at >= 0;
                    pc = after;
                    break;
                case Operation.CounterStart:
                    Push(new(EntryKind.Restore, i.Register, counts[i.Register], positions[i.Register], null));
                    counts[i.Register] = 0;
                    positions[i.Register] = -1;
                    pc++;
                    break;
                case Operation.CounterLoop:
                    pc = Count(i, at);
                    break;
            }

            if (!ok && !Back(text, floor, ref pc, ref at))
            {
                return -1;
            }
        }
    }

    // A way whose first character cannot match is not worth a stack entry.
    private int Choose(in Instruction i, ReadOnlySpan<int> text, int at)
    {
        if (i.FirstA is not null && (at >= text.Length || !i.FirstA.Contains(text[at])))
        {
            return i.B;
        }

        if (i.FirstB is null || (at < text.Length && i.FirstB.Contains(text[at])))
        {
            Push(new(EntryKind.Resume, i.B, at, 0, null));
        }

        return i.A;
    }

    private bool Take(in Instruction i, ReadOnlySpan<int> text, ref int at, int next)
    {
        var set = i.Set!;
        var limit = i.Max >= text.Length - at ? text.Length : at + i.Max;
        var least = at + i.Min;
        if (least > text.Length || least < at)
        {
            return false;
        }

        if (i.Kind == Repeat.Lazy)
        {
            while (at < least)
            {
                if (!set.Contains(text[at++]))
                {
                    return false;
                }
            }

            if (at < limit)
            {
                Push(new(EntryKind.TakeMore, next, at, limit, set));
            }

            return true;
        }

        var begin = at;
        while (at < limit && set.Contains(text[at]))
        {
            at++;
        }

        budget -= (at - begin) >> 4;
        if (at > least && i.Kind == Repeat.Greedy)
        {
            Push(new(EntryKind.GiveBack, next, at, least, null));
        }

        return at >= least;
    }

    private int Count(in Instruction i, int at)
    {
        var r = i.Register;
        var (count, before) = (counts[r], positions[r]);
        if (before == at || count >= i.Max)
        {
            return i.B;
        }

        if (count < i.Min)
        {
            Enter(r, count, before, at);
            return i.A;
        }

        if (i.Kind == Repeat.Greedy)
        {
            Push(new(EntryKind.Resume, i.B, at, 0, null));
            Enter(r, count, before, at);
            return i.A;
        }

        // A lazy loop leaves first; coming back restarts it with one forced iteration, encoded by a negative limit.
        Push(new(EntryKind.Resume, i.A, at, r + 1, null));
        return i.B;
    }

    private void Enter(int register, int count, int before, int at)
    {
        Push(new(EntryKind.Restore, register, count, before, null));
        counts[register] = count + 1;
        positions[register] = at;
    }

    private bool Back(ReadOnlySpan<int> text, int floor, ref int pc, ref int at)
    {
        while (top > floor)
        {
            ref var e = ref stack[top - 1];
            switch (e.Kind)
            {
                case EntryKind.Restore:
                    counts[e.Pc] = e.Position;
                    positions[e.Pc] = e.Limit;
                    top--;
                    continue;
                case EntryKind.Resume:
                    (pc, at) = (e.Pc, e.Position);
                    var register = e.Limit - 1;
                    top--;
                    if (register >= 0)
                    {
                        Enter(register, counts[register], positions[register], at);
                    }

                    return true;
                case EntryKind.GiveBack:
                    (pc, at) = (e.Pc, --e.Position);
                    top -= e.Position <= e.Limit ? 1 : 0;
                    return true;
                default:
                    if (!e.Set!.Contains(text[e.Position]))
                    {
                        top--;
                        continue;
                    }

                    (pc, at) = (e.Pc, ++e.Position);
                    top -= e.Position >= e.Limit ? 1 : 0;
                    return true;
            }
        }

        return false;
    }

    // Registers changed inside an atomic part stay as the part left them; only choices are forgotten. A loop's own start resets its register.
    private void Unwind(int floor) => top = floor;

    private bool Look(Instruction i, ReadOnlySpan<int> text, int at)
    {
        if (i.Kind != Repeat.Lazy)
        {
            return Match(text, i.A, at) >= 0;
        }

        for (var length = i.Min; length <= i.Max && length <= at; length++)
        {
            // The inner match must end here: the text is cut at the current position and other ends are not tried.
            if (Match(text[..at], i.A, at - length) == at)
            {
                return true;
            }
        }

        return false;
    }

    private bool Holds(Anchor anchor, ReadOnlySpan<int> text, int at)
    {
        bool Word(ReadOnlySpan<int> t, int i) => i >= 0 && i < t.Length && CharProperties.IsWordEscape(t[i]);
        return anchor switch
        {
            Anchor.TextStart => at == 0,
            Anchor.TextEnd => at == text.Length,
            Anchor.TextEndOrNewline => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
            Anchor.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
            Anchor.LineEnd => at == text.Length || text[at] == '\n',
            Anchor.SearchStart => at == searchStart,
            Anchor.WordBoundary => Word(text, at - 1) != Word(text, at),
            _ => Word(text, at - 1) == Word(text, at),
        };
    }

    private void Push(Entry e)
    {
        if (top == stack.Length)
        {
            if (top >= MaxStack)
            {
                top = 0;
                throw new TokenizerException("tokenizer.json: a regular expression needs too much memory on this text.");
            }

            Array.Resize(ref stack, top * 2);
        }

        stack[top++] = e;
    }
}
