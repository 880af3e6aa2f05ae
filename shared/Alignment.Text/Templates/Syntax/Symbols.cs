namespace Alignment.Text.Templates.Syntax;

/// <summary>The variables of one function: a slot for each identifier.</summary>
internal sealed class FunctionScope(FunctionScope? parent)
{
    private readonly Dictionary<string, int> slots = new(StringComparer.Ordinal);

    public FunctionScope? Parent => parent;

    public int Count => slots.Count;

    public int Slot(string identifier)
    {
        if (!slots.TryGetValue(identifier, out var slot))
        {
            slots.Add(identifier, slot = slots.Count);
        }

        return slot;
    }
}

/// <summary>
/// Which names a scope reads and stores, and what each starts as: a port of jinja2's <c>idtracking</c>, whose results templates rely on
/// (a name set in a loop is new in every pass, one set in a branch falls back to the context, …).
/// </summary>
internal sealed class Symbols(Symbols? parent, FunctionScope function, int level)
{
    private readonly record struct Load(char Kind, string? Argument);

    private Dictionary<string, string> refs = new(StringComparer.Ordinal);
    private Dictionary<string, Load> loads = new(StringComparer.Ordinal);
    private HashSet<string> stores = new(StringComparer.Ordinal);

    public FunctionScope Function => function;

    public Symbols? Parent => parent;

    public int Level => level;

    public IEnumerable<string> Stores => stores;

    public void LoadName(string name)
    {
        if (FindReference(name) is null)
        {
            Define(name, new('r', name));
        }
    }

    public void StoreName(string name)
    {
        stores.Add(name);
        if (!refs.ContainsKey(name))
        {
            Define(name, parent?.FindReference(name) is not null ? new('a', name) : new('u', null));
        }
    }

    public void DeclareParameter(string name)
    {
        stores.Add(name);
        Define(name, new('p', null));
    }

    public Symbols Copy() => new(parent, function, level) { refs = new(refs), loads = new(loads), stores = new(stores) };

    /// <summary>After an if: what any branch knows, all know; a name only branches store starts from outside.</summary>
    public void Merge(IReadOnlyList<Symbols> branches)
    {
        var stored = branches.SelectMany(b => b.stores).Where(n => !stores.Contains(n)).ToHashSet(StringComparer.Ordinal);
        foreach (var branch in branches)
        {
            foreach (var (name, identifier) in branch.refs)
            {
                refs[name] = identifier;
            }

            foreach (var (identifier, load) in branch.loads)
            {
                loads[identifier] = load;
            }

            stores.UnionWith(branch.stores);
        }

        foreach (var name in stored)
        {
            loads[FindReference(name)!] = parent?.FindReference(name) is not null ? new('a', name) : new('r', name);
        }
    }

    /// <summary>Where a name lives as seen from this scope.</summary>
    public Location Locate(string name) => Locate(name, function);

    public IEnumerable<string> VisibleNames() => (parent?.VisibleNames() ?? []).Concat(stores).Distinct();

    public ScopeEntry Entry()
    {
        var list = new List<ScopeEntry.Load>();
        foreach (var (identifier, load) in loads.OrderBy(l => l.Value.Kind == 'u' ? 1 : 0))
        {
            var slot = function.Slot(identifier);
            switch (load.Kind)
            {
                case 'r':
                    list.Add(new(slot, load.Argument, null));
                    break;
                case 'a':
                    list.Add(new(slot, null, parent!.Locate(load.Argument!, function)));
                    break;
                case 'u':
                    list.Add(new(slot, null, null));
                    break;
            }
        }

        return new(list) { Owned = [.. loads.Keys.Select(function.Slot)] };
    }

    private Location Locate(string name, FunctionScope from)
    {
        for (var s = this; s is not null; s = s.Parent)
        {
            if (s.refs.TryGetValue(name, out var identifier))
            {
                var up = 0;
                for (var f = from; f != s.Function; f = f.Parent!)
                {
                    up++;
                }

                return new(up, s.Function.Slot(identifier));
            }
        }

        // Unknown to the analysis (an argument of a set block's filter): read it from the context.
        Define(name, new('r', name));
        return Locate(name, from);
    }

    private string? FindReference(string name) => refs.TryGetValue(name, out var identifier) ? identifier : parent?.FindReference(name);

    private void Define(string name, Load load)
    {
        var identifier = $"l_{level}_{name}";
        refs[name] = identifier;
        loads[identifier] = load;
    }
}
