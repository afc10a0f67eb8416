// The table of failed conversations can be searched. Without this script all of it is there to read.
(() => {
  const box = document.getElementById('search');
  if (!box) return;
  const rows = [...document.querySelectorAll('.failed tbody tr')].map(row => [row, row.textContent.toLowerCase()]);
  const found = document.getElementById('found');
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every(word => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    found.textContent = words.length ? `${shown} of ${rows.length} shown` : '';
  };
  box.closest('.search').hidden = false;
  box.addEventListener('input', filter);
  filter(); // a browser may have kept what was typed before
})();
