//! Names beside the ends of curves, moved apart where they would cover one another.

/// Gives each of the wished-for heights one that is at least `gap` from the others, as near as can
/// be, between `top` and `bottom`; in the same order.
pub(super) fn spread(wishes: &[i32], gap: i32, top: i32, bottom: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|&index| wishes[index]);
    // 挤在一起的成组，一组以中点为准 / neighbours that touch form a block around their mean wish.
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for index in order {
        blocks.push(vec![index]);
        while blocks.len() > 1 {
            let [.., above, below] = blocks.as_slice() else { break };
            if end(above, wishes, gap) + gap <= begin(below, wishes, gap) {
                break;
            }
            let below = blocks.pop().unwrap_or_default();
            if let Some(above) = blocks.last_mut() {
                above.extend(below);
            }
        }
    }
    let mut heights = vec![0; wishes.len()];
    let mut least = top;
    for block in &blocks {
        let from = begin(block, wishes, gap).max(least);
        for (place, &index) in (0..).zip(block) {
            heights[index] = from + place * gap;
            least = heights[index] + gap;
        }
    }
    // 超出下边：整体上移 / what would fall off the bottom pushes the others up.
    let mut most = bottom;
    for &index in blocks.iter().flatten().rev() {
        heights[index] = heights[index].min(most);
        most = heights[index] - gap;
    }
    heights
}

fn begin(block: &[usize], wishes: &[i32], gap: i32) -> i32 {
    let count = block.len() as i32;
    let sum: i32 = block.iter().map(|&index| wishes[index]).sum();
    sum / count - (count - 1) * gap / 2
}

fn end(block: &[usize], wishes: &[i32], gap: i32) -> i32 {
    begin(block, wishes, gap) + (block.len() as i32 - 1) * gap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_have_room_stay_where_they_belong() {
        assert_eq!(spread(&[100, 10, 50], 20, 0, 200), [100, 10, 50]);
        assert_eq!(spread(&[], 20, 0, 200), [0; 0]);
    }

    #[test]
    fn names_that_touch_are_moved_apart_by_as_little_as_can_be() {
        assert_eq!(spread(&[100, 100, 100], 20, 0, 200), [80, 100, 120]);
        assert_eq!(spread(&[50, 45, 150], 20, 0, 200), [57, 37, 150]);
    }

    #[test]
    fn none_falls_off() {
        for wishes in [[0, 0, 0, 0], [200, 200, 200, 200], [0, 5, 199, 200]] {
            let mut heights = spread(&wishes, 20, 10, 190);
            heights.sort_unstable();
            assert!(heights[0] >= 10 && heights[3] <= 190, "{heights:?}");
            assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= 20), "{heights:?}");
        }
    }
}
