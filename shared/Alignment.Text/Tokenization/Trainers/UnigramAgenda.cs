namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// A heap that returns the highest score first. Which of two equal scores comes first decides what a trainer learns, so this is
/// the C++ library's binary heap (SentencePiece) or Rust's four-way heap over an order without ties (tokenizers), move by move.
/// </summary>
internal sealed class UnigramAgenda(bool quaternary)
{
    private readonly List<(double Score, int Value)> heap = [];
    private readonly int arity = quaternary ? 4 : 2;

    public void Push(double score, int value)
    {
        heap.Add((score, value));
        Up(heap.Count - 1);
    }

    public bool TryPop(out int value)
    {
        if (heap.Count == 0)
        {
            value = 0;
            return false;
        }

        value = heap[0].Value;
        var last = heap[^1];
        heap.RemoveAt(heap.Count - 1);
        if (heap.Count > 0)
        {
            heap[0] = last;
            Up(Down());
        }

        return true;
    }

    // Equal scores: the newer one passes in the four-way heap and stays below in the binary one.
    private bool Above(int a, int b) => quaternary ? !(heap[a].Score < heap[b].Score) : heap[b].Score < heap[a].Score;

    private void Up(int at)
    {
        for (int parent; at > 0 && Above(at, parent = (at - 1) / arity); at = parent)
        {
            (heap[at], heap[parent]) = (heap[parent], heap[at]);
        }
    }

    // The hole sinks to the bottom along the larger children; the element then rises from there.
    private int Down()
    {
        var at = 0;
        while ((at * arity) + 1 < heap.Count)
        {
            var child = Largest((at * arity) + 1);
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }

        return at;
    }

    private int Largest(int first)
    {
        var end = Math.Min(first + arity, heap.Count);
        if (!quaternary)
        {
            // The right child unless the left one is larger.
            return end - first == 2 && !(heap[first + 1].Score < heap[first].Score) ? first + 1 : first;
        }

        var best = first;
        for (var i = first + 1; i < end; i++)
        {
            best = heap[best].Score < heap[i].Score ? i : best;
        }

        return best;
    }
}
