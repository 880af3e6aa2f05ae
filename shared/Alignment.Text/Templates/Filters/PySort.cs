using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>Python's <c>sorted</c>: stable, reverse keeps the order of equals, errors of the comparison come through.</summary>
internal static class PySort
{
    public static List<object?> Sorted(List<object?> items, Func<object?, object?> key, bool reverse, RenderState state)
    {
        var keyed = items.Select(i => (Key: key(i), Value: i)).ToArray();
        if (reverse)
        {
            Array.Reverse(keyed);
        }

        MergeSort(keyed, new (object?, object?)[keyed.Length], 0, keyed.Length, state);
        if (reverse)
        {
            Array.Reverse(keyed);
        }

        return [.. keyed.Select(k => k.Value)];
    }

    private static void MergeSort((object? Key, object? Value)[] items, (object? Key, object? Value)[] work, int begin, int end, RenderState state)
    {
        if (end - begin < 2)
        {
            return;
        }

        var middle = (begin + end) / 2;
        MergeSort(items, work, begin, middle, state);
        MergeSort(items, work, middle, end, state);
        state.Step(end - begin);
        Array.Copy(items, begin, work, begin, end - begin);
        for (int i = begin, left = begin, right = middle; i < end; i++)
        {
            var takeRight = left >= middle || (right < end && PyCompare.Less(work[right].Key, work[left].Key));
            items[i] = takeRight ? work[right++] : work[left++];
        }
    }
}
