namespace Alignment.Text.Tokenization.Patterns;

internal enum Operation : byte
{
    Set,
    Split,
    Jump,
    SetLoop,
    Assert,
    Look,
    Atomic,
    CounterStart,
    CounterLoop,
    Accept,
}

/// <summary>One step of a compiled pattern.</summary>
internal struct Instruction
{
    public Operation Operation;

    /// <summary>For a set loop: greedy, lazy or possessive. For a counter loop: greedy or lazy.</summary>
    public Repeat Kind;

    public bool Negative;
    public Anchor Anchor;
    public CharSet? Set;

    /// <summary>What the two ways of a split may begin with; null when unknown.</summary>
    public CharSet? FirstA;
    public CharSet? FirstB;

    /// <summary>Targets of splits, jumps, loops; begin of the inner program of look-arounds and atomic groups.</summary>
    public int A;
    public int B;

    /// <summary>Bounds of a loop, or of the length of a look-behind.</summary>
    public int Min;
    public int Max;

    /// <summary>Counter register.</summary>
    public int Register;
}

/// <summary>Turns a syntax tree into instructions.</summary>
internal sealed class PatternCompiler
{
    private const int MaxInstructions = 50_000;

    private readonly List<Instruction> code = [];
    private int registers;

    public static (Instruction[] Code, int Registers) Compile(PatternNode node)
    {
        var c = new PatternCompiler();
        c.Emit(node);
        c.Add(new() { Operation = Operation.Accept });
        return ([.. c.code], c.registers);
    }

    private int Add(Instruction i)
    {
        if (code.Count >= MaxInstructions)
        {
            throw new TokenizerException("tokenizer.json: regular expression too large.");
        }

        code.Add(i);
        return code.Count - 1;
    }

    private void Patch(int at, Func<Instruction, Instruction> change) => code[at] = change(code[at]);

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set s:
                Add(new() { Operation = Operation.Set, Set = s.Chars });
                break;
            case PatternNode.Sequence s:
                foreach (var item in s.Items)
                {
                    Emit(item);
                }

                break;
            case PatternNode.Alternation a:
                EmitAlternation(a);
                break;
            case PatternNode.Loop { Body: PatternNode.Set s } l:
                Add(new() { Operation = Operation.SetLoop, Set = s.Chars, Min = l.Min, Max = l.Max, Kind = l.Kind });
                break;
            case PatternNode.Loop { Kind: Repeat.Possessive } l:
                EmitInner(Operation.Atomic, new PatternNode.Loop(l.Body, l.Min, l.Max, Repeat.Greedy), negative: false);
                break;
            case PatternNode.Loop l:
                EmitLoop(l);
                break;
            case PatternNode.Atomic a:
                EmitInner(Operation.Atomic, a.Body, negative: false);
                break;
            case PatternNode.Look { Behind: true } l:
                var look = EmitInner(Operation.Look, l.Body, l.Negative);
                Patch(look, i => i with { Min = l.Body.Length.Min, Max = l.Body.Length.Max, Kind = Repeat.Lazy });
                break;
            case PatternNode.Look l:
                EmitInner(Operation.Look, l.Body, l.Negative);
                break;
            case PatternNode.Assert a:
                Add(new() { Operation = Operation.Assert, Anchor = a.Kind });
                break;
        }
    }

    private void EmitAlternation(PatternNode.Alternation a)
    {
        var ends = new List<int>();
        for (var i = 0; i < a.Branches.Count - 1; i++)
        {
            var split = Add(new() { Operation = Operation.Split, FirstA = a.Branches[i].First, FirstB = a.Branches.Count - 2 == i ? a.Branches[^1].First : null });
            Patch(split, x => x with { A = code.Count });
            Emit(a.Branches[i]);
            ends.Add(Add(new() { Operation = Operation.Jump }));
            Patch(split, x => x with { B = code.Count });
        }

        Emit(a.Branches[^1]);
        foreach (var end in ends)
        {
            Patch(end, x => x with { A = code.Count });
        }
    }

    private void EmitLoop(PatternNode.Loop l)
    {
        // CounterStart r; loop: CounterLoop r → body; Jump loop. The register counts; an iteration that consumed nothing ends the loop.
        var register = registers++;
        Add(new() { Operation = Operation.CounterStart, Register = register });
        var loop = Add(new() { Operation = Operation.CounterLoop, Register = register, Min = l.Min, Max = l.Max, Kind = l.Kind });
        Emit(l.Body);
        Add(new() { Operation = Operation.Jump, A = loop });
        Patch(loop, x => x with { A = loop + 1, B = code.Count });
    }

    private int EmitInner(Operation operation, PatternNode body, bool negative)
    {
        var start = Add(new() { Operation = operation, Negative = negative });
        Emit(body);
        Add(new() { Operation = Operation.Accept });
        Patch(start, x => x with { A = start + 1, B = code.Count });
        return start;
    }
}
