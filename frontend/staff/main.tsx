import { render } from 'preact';
import { embeddedState } from '../core/state.ts';
import { App, NOBODY } from './app.tsx';
import './staff.css';

addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
render(<App shell={embeddedState(NOBODY)} />, document.getElementById('page')!);
